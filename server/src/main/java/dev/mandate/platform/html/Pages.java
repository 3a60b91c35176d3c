package dev.mandate.platform.html;

import dev.mandate.platform.http.HttpResponse;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.Map;

/// Draws pages. Every answer carries the same headers: no script but a page's own one, no frame, no
/// foreign style, no referrer, no cache.
public final class Pages {
  private static final String TEMPLATES = "dev.mandate.pages";

  private final TemplateEngine engine =
      TemplateEngine.createPrecompiled(null, ContentType.Html, null, TEMPLATES);
  private final Assets assets;

  public Pages(Assets assets) {
    this.assets = assets;
  }

  public HttpResponse show(int status, Page page) {
    Frame frame =
        new Frame(
            page.title(),
            page.root(),
            page.root() + assets.path("mandate.css"),
            page.root() + assets.path("logo.svg"),
            page.script() == null ? null : page.root() + assets.path(page.script()),
            page.visitor());
    StringOutput out = new StringOutput();
    engine.render(page.template() + ".jte", Map.of("frame", frame, "view", page.view()), out);
    return HttpResponse.html(status, out.toString())
        .with("content-security-policy", policy(page))
        .with("referrer-policy", "no-referrer")
        .with("x-frame-options", "DENY")
        .with("cross-origin-opener-policy", "same-origin")
        .with("permissions-policy", "camera=(), geolocation=(), microphone=()")
        .noStore();
  }

  private static String policy(Page page) {
    StringBuilder forms = new StringBuilder("'self'");
    page.formTargets().forEach(target -> forms.append(' ').append(target));
    return String.join(
        "; ",
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        page.script() == null ? "script-src 'none'" : "script-src 'self'",
        "form-action " + forms,
        "frame-ancestors 'none'",
        "base-uri 'none'");
  }
}

package dev.mandate.domain.session;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/// A browser before, during and after any session: what it starts here only it may continue.
public final class Browser {
  private static final String COOKIE = "mandate_browser";

  private final Issuer issuer;
  private final Secret cookie;
  private final boolean isNew;

  private Browser(Issuer issuer, Secret cookie, boolean isNew) {
    this.issuer = issuer;
    this.cookie = cookie;
    this.isNew = isNew;
  }

  /// The browser that sent this; null when it was never here.
  public static @Nullable Browser known(Issuer issuer, HttpRequest request) {
    Secret cookie = Cookies.read(issuer, request, COOKIE);
    return cookie == null ? null : new Browser(issuer, cookie, false);
  }

  /// The browser that sent this, which [#mark] gives a cookie when it has none.
  public static Browser of(Issuer issuer, HttpRequest request, TokenSource random) {
    Browser known = known(issuer, request);
    return known == null ? new Browser(issuer, random.token(), true) : known;
  }

  public HttpResponse mark(HttpResponse response) {
    return isNew ? Cookies.set(response, issuer, COOKIE, cookie, null) : response;
  }

  /// To which forms before sign-in are bound.
  public Secret cookie() {
    return cookie;
  }

  public TokenHash hash() {
    return TokenHash.of(cookie);
  }
}

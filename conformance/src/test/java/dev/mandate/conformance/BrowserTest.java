package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Sign-in, consent and "My mandates" in a real browser (Debian's Chromium), phone and wide, with
/// and without JavaScript, by keyboard. Leaves screenshots in `conformance/target/screenshots`.
@On(Shared.SQLITE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrowserTest {
  private static final List<String> CHROMIUM =
      List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  private @Nullable Playwright playwright;
  private @Nullable Browser browser;

  private final Deployment server = Shared.of(this);
  private final App app = App.publicApp(server);
  private final List<String> complaints = new ArrayList<>();

  @BeforeAll
  void launch() {
    Path chromium =
        CHROMIUM.stream()
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "Chromium is missing; on Debian: apt-get install chromium"));
    playwright =
        Playwright.create(
            new Playwright.CreateOptions()
                .setEnv(java.util.Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(chromium)
                    .setArgs(
                        List.of(
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
  }

  @AfterAll
  void quit() {
    if (browser != null) {
      browser.close();
    }
    if (playwright != null) {
      playwright.close();
    }
  }

  private Page page(int width, int height, boolean script, ColorScheme scheme) {
    if (browser == null) {
      throw new IllegalStateException("no browser");
    }
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setJavaScriptEnabled(script)
                .setColorScheme(scheme));
    complaints.clear();
    Page page = context.newPage();
    page.setDefaultTimeout(30_000);
    page.onConsoleMessage(
        m -> {
          // The listener that stands in for the app has no icon; that is not ours to answer for.
          if (m.location().startsWith(server.issuer())) {
            complaints.add(m.type() + ": " + m.text());
          }
        });
    page.onPageError(complaints::add);
    return page;
  }

  void shot(Page page, String name) {
    page.screenshot(
        new Page.ScreenshotOptions().setFullPage(true).setPath(SCREENSHOTS.resolve(name + ".png")));
  }

  private App.Ask ask() {
    return app.ask(
        """
        [{"type":"llm_access","upstream":"openai","models":["%s","%s"],"capabilities":["chat"],\
        "limits":{"requests":200,"tokens_per_day":500000,"cost_micros":5000000},"expires_in":604800},\
        {"type":"llm_access","upstream":"anthropic"}]\
        """
            .formatted(server.text("/models/openai/0"), server.text("/models/openai/1")));
  }

  private void signIn(Page page, String role) {
    for (var user : server.file().path("users")) {
      if (user.path("role").asText().equals(role)) {
        page.getByLabel("User name").fill(user.path("username").asText());
        page.locator("input[name=password]").fill(user.path("password").asText());
        page.keyboard().press("Enter");
        return;
      }
    }
    throw new IllegalStateException("no " + role);
  }

  /// Where the app would be sent: a listener in its place.
  private String approveInBrowser(Page page, Runnable press) throws Exception {
    CompletableFuture<String> sentTo = new CompletableFuture<>();
    var callback =
        com.sun.net.httpserver.HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    callback.createContext(
        "/callback",
        exchange -> {
          sentTo.complete(exchange.getRequestURI().toString());
          byte[] thanks = "thanks".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, thanks.length);
          exchange.getResponseBody().write(thanks);
          exchange.close();
        });
    callback.start();
    try {
      // RFC 8252 §7.3: a loopback redirect may use any port.
      String redirect = "http://127.0.0.1:" + callback.getAddress().getPort() + "/callback";
      App.Ask ask = ask();
      var parameters = new java.util.LinkedHashMap<>(ask.parameters());
      parameters.put("redirect_uri", redirect);
      page.navigate(app.asked(ask.verifier(), ask.state(), parameters).uri().toString());
      press.run();
      return sentTo.get(60, TimeUnit.SECONDS);
    } finally {
      callback.stop(0);
    }
  }

  private void walk(String name, int width, int height, boolean script, ColorScheme scheme)
      throws Exception {
    Page page = page(width, height, script, scheme);
    String sentTo =
        approveInBrowser(
            page,
            () -> {
              shot(page, name + "-1-sign-in");
              signIn(page, "member");
              page.locator("button[name=decision][value=approve]").waitFor();
              assertThat(page.content()).contains("Repo Summary").contains("127.0.0.1");
              shot(page, name + "-2-consent");
              noSidewaysScroll(page);
              page.locator("button[name=decision][value=approve]").click();
            });
    assertThat(sentTo).contains("code=").contains("iss=");
    page.navigate(server.uri("/mandates").toString());
    assertThat(page.content()).contains("Repo Summary");
    shot(page, name + "-3-mandates");
    noSidewaysScroll(page);
    page.locator("a[href*='/mandates/mnd_']").first().click();
    shot(page, name + "-4-mandate");
    noSidewaysScroll(page);
    assertThat(complaints).as("the browser's console").isEmpty();
    page.context().close();
  }

  private static void noSidewaysScroll(Page page) {
    Locator body = page.locator("body");
    var box = body.boundingBox();
    assertThat(box.width).isLessThanOrEqualTo(page.viewportSize().width);
  }

  @Test
  void onAWideScreen() throws Exception {
    walk("wide", 1280, 900, true, ColorScheme.LIGHT);
  }

  @Test
  void onAWideScreenInTheDark() throws Exception {
    walk("wide-dark", 1280, 900, true, ColorScheme.DARK);
  }

  @Test
  void onAPhoneWithoutJavaScript() throws Exception {
    walk("phone", 390, 844, false, ColorScheme.LIGHT);
  }

  @Test
  void byKeyboardAlone() throws Exception {
    Page page = page(1280, 900, true, ColorScheme.LIGHT);
    String sentTo =
        approveInBrowser(
            page,
            () -> {
              signIn(page, "approver");
              page.locator("button[name=decision][value=approve]").waitFor();
              for (int i = 0; i < 80; i++) {
                page.keyboard().press("Tab");
                Object focused =
                    page.evaluate("() => document.activeElement && document.activeElement.value");
                if ("approve".equals(focused)) {
                  shot(page, "keyboard-focus");
                  page.keyboard().press("Enter");
                  return;
                }
              }
              throw new IllegalStateException("Tab never reaches the approve button");
            });
    assertThat(sentTo).contains("code=");
    page.context().close();
  }

  @Test
  void everyFieldHasALabelAndEveryPageALandmark() {
    Page page = page(1280, 900, true, ColorScheme.LIGHT);
    page.navigate(ask().uri().toString());
    labelled(page);
    signIn(page, "member");
    page.locator("button[name=decision][value=approve]").waitFor();
    labelled(page);
    page.navigate(server.uri("/mandates").toString());
    labelled(page);
    page.context().close();
  }

  private static void labelled(Page page) {
    assertThat(page.evaluate("() => document.documentElement.lang")).isEqualTo("en");
    assertThat(page.locator("main").count()).isEqualTo(1);
    assertThat(page.locator("h1").count()).isEqualTo(1);
    assertThat(page.title()).isNotBlank();
    Object unlabelled =
        page.evaluate(
            "() =>"
                + " [...document.querySelectorAll('input:not([type=hidden]),select,textarea')].filter(e"
                + " => !e.labels.length && !e.ariaLabel &&"
                + " !e.getAttribute('aria-labelledby')).map(e => e.name)");
    assertThat(unlabelled).as("fields without a label").isEqualTo(List.of());
  }

  @Test
  void aWrongPasswordIsSaidAloud() {
    Page page = page(1280, 900, true, ColorScheme.LIGHT);
    page.navigate(server.uri("/mandates").toString());
    page.getByLabel("User name").fill("nobody-here");
    page.locator("input[name=password]").fill("wrong");
    page.keyboard().press("Enter");
    page.locator("[aria-live=assertive] .problem").waitFor();
    shot(page, "wrong-password");
    page.context().close();
  }

  @Test
  void oneClickRevokes() throws Exception {
    Page page = page(1280, 900, true, ColorScheme.LIGHT);
    approveInBrowser(
        page,
        () -> {
          signIn(page, "admin");
          page.locator("button[name=decision][value=approve]").click();
        });
    page.navigate(server.uri("/mandates").toString());
    page.locator("form[action$='/revoke'] button").first().click();
    page.waitForLoadState();
    assertThat(page.content()).contains("Revoked");
    shot(page, "revoked");
    page.context().close();
  }
}

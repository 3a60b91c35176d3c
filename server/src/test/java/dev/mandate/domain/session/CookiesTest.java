package dev.mandate.domain.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CookiesTest {
  private static final Secret VALUE = Secret.of("v".repeat(43));

  private static Issuer issuer(String url, String slug) {
    return new Issuers(url).of(new TenantId(slug));
  }

  private static String set(Issuer issuer) {
    return String.valueOf(
        Cookies.set(HttpResponse.empty(200), issuer, "mandate_session", VALUE, null)
            .headers()
            .first("set-cookie"));
  }

  private static HttpRequest sending(String setCookie) {
    String pair = setCookie.split(";", -1)[0];
    return new HttpRequest(
        "req_1",
        "GET",
        null,
        "/",
        Map.of(),
        null,
        Headers.NONE.with("cookie", pair),
        new byte[0],
        "127.0.0.1",
        true);
  }

  @Test
  void overHttpsTheNameSaysTheTenantBecauseThePathMayNot() {
    assertThat(set(issuer("https://m.example", "default")))
        .startsWith("__Host-mandate_session=")
        .contains("; Path=/;")
        .contains("; Secure");
    assertThat(set(issuer("https://m.example", "acme")))
        .startsWith("__Host-mandate_session_acme=")
        .contains("; Path=/;")
        .contains("; Secure")
        .doesNotContain("Domain");
  }

  @Test
  void overLoopbackHttpThePathSaysItToo() {
    assertThat(set(issuer("http://localhost:8080", "default")))
        .startsWith("mandate_session=")
        .contains("; Path=/;");
    assertThat(set(issuer("http://localhost:8080", "acme")))
        .startsWith("mandate_session_acme=")
        .contains("; Path=/t/acme;");
  }

  @Test
  void noTenantReadsAnothersCookie() {
    for (String url : new String[] {"https://m.example", "http://localhost:8080"}) {
      for (String from : new String[] {"default", "acme", "acme-2", "globex"}) {
        for (String at : new String[] {"default", "acme", "acme-2", "globex"}) {
          Secret read =
              Cookies.read(issuer(url, at), sending(set(issuer(url, from))), "mandate_session");
          assertThat(read).isEqualTo(from.equals(at) ? VALUE : null);
        }
      }
    }
  }
}

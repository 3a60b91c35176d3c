package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.http.Router;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is one tenant's is worth nothing at another's, whichever endpoint it is carried to.
class TenantIsolationTest {
  private static ThreeTenants tenants;

  @BeforeAll
  static void start(@TempDir Path folder) {
    tenants = new ThreeTenants(folder);
  }

  @AfterAll
  static void stop() {
    tenants.close();
  }

  private static String spelled(Router.Route route) {
    return route.method() + " " + route.template();
  }

  private static boolean isAdmin(Router.Route route) {
    return route.template().startsWith("/admin/v1/") && !route.template().endsWith(".json");
  }

  /// Where this fails, an endpoint is new: write down what another tenant's things do there.
  @Test
  void everyRouteHasItsRow() {
    assertThat(tenants.server.routes().stream().filter(r -> !isAdmin(r)).map(r -> spelled(r)))
        .containsExactlyInAnyOrderElementsOf(TenantAttacks.all().keySet());
    assertThat(tenants.server.routes().stream().filter(r -> isAdmin(r))).isNotEmpty();
  }

  @TestFactory
  Stream<DynamicTest> nothingOfOneTenantWorksAtAnother() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String from : ThreeTenants.SLUGS) {
      for (String at : ThreeTenants.SLUGS) {
        if (!from.equals(at)) {
          tests.add(DynamicTest.dynamicTest(from + " at " + at, () -> carry(from, at)));
        }
      }
    }
    return tests.stream();
  }

  private static void carry(String fromSlug, String atSlug) {
    Held from = new Held(tenants, fromSlug);
    Held at = new Held(tenants, atSlug);
    for (Map.Entry<String, TenantAttacks.Attack> row : TenantAttacks.all().entrySet()) {
      try {
        row.getValue().run(tenants, from, at);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(row.getKey() + ": " + e.getMessage(), e);
      }
    }
    for (Router.Route route : tenants.server.routes()) {
      if (isAdmin(route)) {
        TenantAttacks.operation(route.method(), route.template(), from, at);
      }
    }
    // Nobody's things were used up, revoked or signed out along the way.
    from.stillWorks();
    at.stillWorks();
  }

  @ParameterizedTest
  @CsvSource({
    "/t/acme/oauth/jwks, 200",
    "/.well-known/openid-configuration/t/acme, 200",
    "/t/default/oauth/jwks, 404",
    "/.well-known/openid-configuration/t/default, 404",
    "/t/nobody/oauth/jwks, 404",
    "/t/ACME/oauth/jwks, 404",
    "/T/acme/oauth/jwks, 404",
    "/t/Acme/oauth/jwks, 404",
    "/t/%61cme/oauth/jwks, 404",
    "/%74/acme/oauth/jwks, 404",
    "/%2ft/acme/oauth/jwks, 400",
    "/t%2facme/oauth/jwks, 400",
    "/t/acme%2F..%2Fglobex/oauth/jwks, 400",
    "/t/acme/../globex/oauth/jwks, 400",
    "/t/acme/%2e%2e/globex/oauth/jwks, 400",
    "/t/acme/..;/globex/oauth/jwks, 404",
    "/t/acme\\..\\globex/oauth/jwks, 400",
    "//t/acme/oauth/jwks, 400",
    "/t//acme/oauth/jwks, 400",
    "/t/acme//oauth/jwks, 400",
    "/t/acme./oauth/jwks, 404",
    "/t/acme;x=1/oauth/jwks, 404",
    "/t/acme%20/oauth/jwks, 404",
    "/t/acme%00/oauth/jwks, 400",
    "/t/acme-/oauth/jwks, 404",
    "/t/-acme/oauth/jwks, 404",
    "/t/ac_me/oauth/jwks, 404",
    "/t/аcme/oauth/jwks, 404",
    "/t/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/oauth/jwks, 404",
    "/t/acme/t/globex/oauth/jwks, 404",
    "/t/acme/t/acme/oauth/jwks, 404",
    "/t/acme/.well-known/openid-configuration/t/globex, 404",
    "/.well-known/openid-configuration/t/ACME, 404",
    "/.well-known/openid-configuration/t/acme/, 404",
    "/.well-known/openid-configuration/t/acme/t/globex, 404",
    "/.well-known/openid-configuration/%74/acme, 404",
    "/oauth/jwks/t/acme, 404",
    "/t/, 404",
    "/t, 404",
  })
  void aTenantHasOneSpelling(String target, int status) {
    String answer = Wire.raw(tenants.port, target, "host: localhost");
    // An empty answer: the server took it for no HTTP at all.
    assertThat(answer.isEmpty() ? "HTTP/1.1 400" : answer)
        .matches("(?s)HTTP/1\\.1 " + (target.contains("а") ? "4\\d\\d" : status) + ".*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host: acme.example",
        "host: localhost/t/globex",
        "x-forwarded-host: globex.example",
        "x-forwarded-prefix: /t/globex",
        "x-original-url: /t/globex/oauth/jwks",
        "x-rewrite-url: /t/globex/oauth/jwks",
        "forwarded: host=globex.example;proto=https",
        "x-forwarded-proto: https"
      })
  void noHeaderMakesAnotherTenant(String header) {
    String host = header.startsWith("host:") ? "accept: */*" : "host: localhost";
    String answer =
        Wire.raw(tenants.port, "/t/acme/.well-known/openid-configuration", host, header);
    if (answer.startsWith("HTTP/1.1 200")) {
      assertThat(answer)
          .contains("\"issuer\":\"" + tenants.issuer("acme") + "\"")
          .doesNotContain("globex")
          .doesNotContain(".example");
    } else {
      assertThat(answer).startsWith("HTTP/1.1 4");
    }
  }

  @Test
  void theAnswerOfATenantThatIsNotThereFitsWhoAsks() {
    String url = "http://localhost:" + tenants.port + "/t/nobody/mandates";
    Wire.Answer person = Wire.get(url, "accept", "text/html,*/*");
    assertThat(person.status()).isEqualTo(404);
    assertThat(person.header("content-type")).startsWith("text/html");
    Wire.Answer machine = Wire.get(url);
    assertThat(machine.text("/code")).isEqualTo("not_found");
  }

  @Test
  void everyCookieSaysWhoseItIs() {
    Held acme = new Held(tenants, "acme");
    assertThat(acme.browser.cookies().keySet())
        .containsExactlyInAnyOrder("mandate_session_acme", "mandate_browser_acme");
    Wire.Answer page = Wire.get(acme.issuer + "/signin");
    assertThat(page.header("set-cookie"))
        .startsWith("mandate_browser_acme=")
        .contains("; Path=/t/acme;");
    JsonNode root = Held.claims(new Held(tenants, "default").access);
    assertThat(root.path("iss").asText()).isEqualTo("http://localhost:" + tenants.port);
  }

  @Test
  void noUpstreamTakesTheNameOfAPathOfOurs() {
    for (Router.Route route : tenants.server.routes()) {
      String first = route.template().split("/", -1)[1];
      assertThat(Upstream.isFree(first)).as(first).isFalse();
    }
    assertThat(Upstream.isFree("t")).isFalse();
    assertThat(Upstream.isFree("openai-live")).isTrue();
  }
}

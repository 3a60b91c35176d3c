package dev.mandate.app;

import static dev.mandate.app.Held.USER;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.oauth.device.DeviceAuthorizationEndpoint;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.TestBrowser;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/// For each route, what somebody who holds everything of one tenant tries at another's. The second
/// tenant's own things are there too, so that a refusal is one of this credential and not of all.
final class TenantAttacks {
  /// Carries what `from` holds to the route as `at` has it, and checks that it is worth nothing.
  interface Attack {
    void run(ThreeTenants tenants, Held from, Held at);
  }

  private static final String MANDATES = "/mandates/";

  private TenantAttacks() {}

  /// By route, as `Router` spells it.
  static Map<String, Attack> all() {
    Map<String, Attack> rows = new LinkedHashMap<>();
    rows.put("POST /oauth/token", TenantAttacks::token);
    rows.put("OPTIONS /oauth/token", (_, f, at) -> origin(f, at, "/oauth/token"));
    rows.put("POST /oauth/revoke", TenantAttacks::revoke);
    rows.put("OPTIONS /oauth/revoke", (_, f, at) -> origin(f, at, "/oauth/revoke"));
    for (String name : new String[] {"oauth-authorization-server", "openid-configuration"}) {
      String path = "/.well-known/" + name;
      rows.put("GET " + path, (tenants, _, at) -> metadata(tenants, at, path));
      rows.put("OPTIONS " + path, (_, _, at) -> isPublic(at, path));
    }
    rows.put("GET /oauth/jwks", (_, from, at) -> keys(from, at));
    rows.put("OPTIONS /oauth/jwks", (_, _, at) -> isPublic(at, "/oauth/jwks"));
    rows.put("POST /oauth/par", TenantAttacks::push);
    rows.put("OPTIONS /oauth/par", (_, f, at) -> origin(f, at, "/oauth/par"));
    rows.put("POST /oauth/introspect", (_, from, at) -> introspect(from, at));
    rows.put("POST /oauth/userinfo", (_, from, at) -> userInfo("POST", from, at));
    rows.put("GET /oauth/userinfo", (_, from, at) -> userInfo("GET", from, at));
    rows.put("OPTIONS /oauth/userinfo", (_, f, at) -> origin(f, at, "/oauth/userinfo"));
    String schema = "/oauth/authorization-details/llm_access.json";
    rows.put("GET " + schema, (_, _, at) -> schema(at, schema));
    rows.put("OPTIONS " + schema, (_, _, at) -> isPublic(at, schema));
    rows.put("POST /oauth/device_authorization", TenantAttacks::device);
    rows.put(
        "OPTIONS /oauth/device_authorization",
        (_, f, at) -> origin(f, at, "/oauth/device_authorization"));
    rows.put("GET /device", (t, f, at) -> page(t, f, at, "/device", 303));
    rows.put("POST /device", TenantAttacks::userCode);
    rows.put("GET /device/approved", (_, _, at) -> endOfDevice(at, "/device/approved"));
    rows.put("GET /device/denied", (_, _, at) -> endOfDevice(at, "/device/denied"));
    rows.put("GET /oauth/authorize", TenantAttacks::authorize);
    rows.put("POST /oauth/authorize", TenantAttacks::authorize);
    rows.put("GET /oauth/authorize/{id}", (t, f, at) -> step(t, f, at, f.pending));
    rows.put("GET /oauth/consent/{id}", (t, f, at) -> step(t, f, at, consent(f)));
    rows.put("POST /oauth/consent/{id}", TenantAttacks::answer);
    rows.put("GET /signin", (_, _, at) -> signInPage(at));
    rows.put("POST /signin", TenantAttacks::signIn);
    rows.put("POST /signout", TenantAttacks::signOut);
    rows.put("GET /oauth/logout", TenantAttacks::logout);
    rows.put("POST /oauth/logout", TenantAttacks::logout);
    rows.put("POST /oauth/logout/confirm", TenantAttacks::confirmLogout);
    rows.put("GET /", (t, f, at) -> page(t, f, at, "/", 200));
    rows.put("GET /mandates", (t, f, at) -> page(t, f, at, "/mandates", 303));
    rows.put("GET /account", (t, f, at) -> page(t, f, at, "/account", 303));
    rows.put("GET /notices", (t, f, at) -> page(t, f, at, "/notices", 303));
    rows.put("POST /notices/{id}/acknowledge", TenantAttacks::acknowledge);
    rows.put("GET /admin", (t, f, at) -> page(t, f, at, "/admin", 303));
    rows.put("GET /admin/credentials", (t, f, at) -> adminPage(t, f, at, "/admin/credentials"));
    rows.put(
        "POST /admin/credentials/{upstream}",
        (t, f, at) -> signedOut(t, f, at, "/admin/credentials/openai"));
    rows.put(
        "POST /admin/credentials/{upstream}/{id}",
        (t, f, at) -> signedOut(t, f, at, "/admin/credentials/openai/cred_1"));
    rows.put("GET /admin/budgets", (t, f, at) -> adminPage(t, f, at, "/admin/budgets"));
    rows.put("POST /admin/budgets", (t, f, at) -> signedOut(t, f, at, "/admin/budgets"));
    for (String path : new String[] {"/admin/usage", "/admin/usage.csv"}) {
      rows.put("GET " + path, (t, f, at) -> adminPage(t, f, at, path));
    }
    rows.put("GET /admin/rate-limits", (t, f, at) -> adminPage(t, f, at, "/admin/rate-limits"));
    for (String path : new String[] {"/admin/rate-limits", "/admin/rate-limits/{id}"}) {
      rows.put("POST " + path, (t, f, at) -> signedOut(t, f, at, path.replace("{id}", "rl_1")));
    }
    for (String path : new String[] {"/admin/monitoring", "/admin/monitoring/callers"}) {
      rows.put("GET " + path, (t, f, at) -> adminPage(t, f, at, path));
    }
    for (String path :
        new String[] {
          "/admin/monitoring/resume",
          "/admin/monitoring/responses",
          "/admin/monitoring/callers/relearn",
          "/admin/monitoring/findings/{id}/acknowledge",
          "/admin/monitoring/findings/{id}/suspend"
        }) {
      rows.put("POST " + path, (t, f, at) -> signedOut(t, f, at, path.replace("{id}", "fnd_1")));
    }
    rows.put("GET /account/credentials", (t, f, at) -> page(t, f, at, "/account/credentials", 303));
    rows.put(
        "POST /account/credentials/{upstream}",
        (t, f, at) -> signedOut(t, f, at, "/account/credentials/openai"));
    rows.put(
        "POST /account/credentials/{upstream}/{id}/remove",
        (t, f, at) -> signedOut(t, f, at, "/account/credentials/openai/cred_1/remove"));
    rows.put("GET /mandates/{id}", TenantAttacks::mandatePage);
    rows.put("POST /mandates/{id}/revoke", (t, f, at) -> post(t, f, at, "/revoke"));
    rows.put("POST /mandates/{id}/keys", (t, f, at) -> post(t, f, at, "/keys"));
    rows.put(
        "POST /mandates/{id}/keys/{key}/revoke", (t, f, at) -> post(t, f, at, "/keys/k/revoke"));
    rows.put("GET /account/keys", (t, f, at) -> page(t, f, at, "/account/keys", 303));
    rows.put("GET /admin/keys", (t, f, at) -> allKeys(t, f, at));
    rows.put("POST /account/keys", TenantAttacks::mintKey);
    rows.put("POST /account/keys/scoped", (t, f, at) -> keyForm(t, f, at, "/account/keys/scoped"));
    for (String verb : new String[] {"/account/keys/{key}/rotate", "/account/keys/{key}/revoke"}) {
      rows.put("POST " + verb, (t, f, at) -> keyForm(t, f, at, verb.replace("{key}", keyId(f))));
    }
    rows.put(
        "POST /admin/keys/{key}/revoke",
        (t, f, at) -> keyForm(t, f, at, "/admin/keys/" + keyId(f) + "/revoke"));
    rows.put("POST /api/leaked-keys", (_, f, at) -> leaked(f, at));
    rows.put("GET /assets/{hash}/{name}", (_, from, at) -> assets(from, at));
    rows.put("GET /healthz", (_, _, at) -> health(at, "/healthz"));
    rows.put("GET /readyz", (_, _, at) -> health(at, "/readyz"));
    rows.put("GET /admin/v1/openapi.json", (_, from, at) -> document(from, at));
    rows.put("* /{upstream}/", TenantAttacks::call);
    return rows;
  }

  private static void token(ThreeTenants tenants, Held from, Held at) {
    assertThat(Held.redeemAt(at.issuer, from.code).text("/error")).isEqualTo("invalid_grant");
    assertThat(Held.refreshAt(at.issuer, from.refresh).text("/error")).isEqualTo("invalid_grant");
    Wire.Answer secret = at.service(from.file.serviceSecret().reveal());
    assertThat(secret.text("/error")).isEqualTo("invalid_client");
    Wire.Answer resource =
        at.service(at.file.serviceSecret().reveal(), "resource", from.issuer + "/openai/v1");
    assertThat(resource.text("/error")).isEqualTo("invalid_target");
    Wire.Answer own =
        at.service(at.file.serviceSecret().reveal(), "resource", at.issuer + "/openai/v1");
    JsonNode claims = Held.claims(own.text("/access_token"));
    assertThat(claims.path("iss").asText()).isEqualTo(at.issuer);
    assertThat(claims.path("tenant").asText()).isEqualTo(at.slug);
    assertThat(claims.at("/aud/0").asText()).isEqualTo(at.issuer + "/openai/v1");
  }

  /// RFC 7009 §2.2: the answer is that of a token which never was; [Held#stillWorks] sees that
  /// nothing happened.
  private static void revoke(ThreeTenants tenants, Held from, Held at) {
    Wire.Answer never = Held.revokeAt(at.issuer, "never-issued");
    for (String token : new String[] {from.refresh, from.access, from.service, from.apiKey}) {
      Wire.Answer answer = Held.revokeAt(at.issuer, token);
      assertThat(answer.status()).isEqualTo(never.status());
      assertThat(answer.body()).isEqualTo(never.body());
    }
    Wire.Answer secret =
        Wire.post(
            at.issuer + "/oauth/revoke",
            "client_id",
            DemoFile.SERVICE_CLIENT,
            "client_secret",
            from.file.serviceSecret().reveal(),
            "token",
            at.service);
    assertThat(secret.text("/error")).isEqualTo("invalid_client");
  }

  /// A page of one tenant's client is a stranger to the other's answers.
  private static void origin(Held from, Held at, String path) {
    for (Held who : new Held[] {from, at}) {
      Wire.Answer answer =
          Wire.send(
              "OPTIONS",
              at.issuer + path,
              "",
              "origin",
              ThreeTenants.origin(who.slug),
              "access-control-request-method",
              "POST");
      assertThat(answer.header("access-control-allow-origin"))
          .isEqualTo(who == at ? ThreeTenants.origin(at.slug) : "");
    }
  }

  private static void isPublic(Held at, String path) {
    assertThat(Wire.send("OPTIONS", at.issuer + path, "").header("access-control-allow-origin"))
        .isEqualTo("*");
  }

  /// RFC 8414 §3.3: byte for byte the issuer that the address was made of.
  private static void metadata(ThreeTenants tenants, Held at, String path) {
    JsonNode document = Wire.get(at.issuer + path).json();
    assertThat(document.path("issuer").asText()).isEqualTo(at.issuer);
    document
        .properties()
        .forEach(
            member -> {
              if (member.getKey().endsWith("_endpoint") || member.getKey().endsWith("_uri")) {
                assertThat(member.getValue().asText()).startsWith(at.issuer + "/oauth/");
              }
            });
    String inserted = "http://localhost:" + tenants.port + path + at.root();
    assertThat(Wire.get(inserted).json()).isEqualTo(document);
  }

  private static void keys(Held from, Held at) {
    assertThat(Wire.get(at.issuer + "/oauth/jwks").json().findValuesAsText("kid"))
        .hasSizeGreaterThanOrEqualTo(2)
        .doesNotContainAnyElementsOf(
            Wire.get(from.issuer + "/oauth/jwks").json().findValuesAsText("kid"));
  }

  /// A pushed request of one tenant is unknown at the other, and nothing of it is used up there.
  private static void push(ThreeTenants tenants, Held from, Held at) {
    Wire.Answer foreign = at.push(ThreeTenants.origin(from.slug) + "/callback");
    assertThat(foreign.status()).isEqualTo(400);
    Wire.Answer secret =
        Wire.post(
            at.issuer + "/oauth/par",
            "client_id",
            DemoFile.SERVICE_CLIENT,
            "client_secret",
            from.file.serviceSecret().reveal());
    assertThat(secret.text("/error")).isEqualTo("invalid_client");
    Wire.Answer pushed = from.push(DemoFile.REDIRECT_URI);
    assertThat(pushed.status()).isEqualTo(201);
    String query =
        "/oauth/authorize?client_id="
            + DemoFile.PUBLIC_CLIENT
            + "&request_uri="
            + pushed.text("/request_uri");
    try (TestBrowser browser = intruder(tenants, from, at)) {
      TestBrowser.Answer answer = browser.get(at.root() + query);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.location()).isEmpty();
    }
    assertThat(from.browser.get(from.root() + query).status()).isEqualTo(303);
  }

  /// RFC 7662 §2.2: what is another tenant's is as unknown as what never was.
  private static void introspect(Held from, Held at) {
    String mine = at.file.serviceSecret().reveal();
    for (String token :
        new String[] {
          from.access, from.service, from.refresh, from.apiKey, swapped(from.access, at)
        }) {
      assertThat(at.introspect(mine, token).body()).isEqualTo("{\"active\":false}");
    }
    for (String token : new String[] {at.access, at.service, at.refresh, at.apiKey}) {
      assertThat(at.introspect(mine, token).json().path("active").asBoolean()).isTrue();
    }
    assertThat(at.introspect(from.file.serviceSecret().reveal(), at.access).text("/error"))
        .isEqualTo("invalid_client");
  }

  private static Wire.Answer deviceAsks(Held at) {
    return Wire.post(at.issuer + "/oauth/device_authorization", "client_id", "app");
  }

  private static String poll(Held at, String code) {
    return Wire.post(
            at.issuer + "/oauth/token",
            "grant_type",
            DeviceAuthorizationEndpoint.GRANT_TYPE,
            "client_id",
            "app",
            "device_code",
            code)
        .text("/error");
  }

  /// A device's code is unknown at the other tenant, though both have a client of its name.
  private static void device(ThreeTenants tenants, Held from, Held at) {
    Wire.Answer asked = deviceAsks(from);
    assertThat(asked.text("/verification_uri")).isEqualTo(from.issuer + "/device");
    String code = asked.text("/device_code");
    assertThat(poll(at, code)).isEqualTo("invalid_grant");
    assertThat(poll(from, code)).isEqualTo("authorization_pending");
  }

  private static void userCode(ThreeTenants tenants, Held from, Held at) {
    String code = deviceAsks(from).text("/user_code");
    TestBrowser.Answer elsewhere =
        at.browser.submit(at.browser.get(at.root() + "/device").form("/device").with("code", code));
    assertThat(elsewhere.status()).isEqualTo(422);
    try (TestBrowser browser = intruder(tenants, from, at)) {
      String form = from.browser.get(from.root() + "/device").form("/device").encoded();
      assertThat(browser.post(at.root() + "/device", form).status()).isEqualTo(403);
    }
    TestBrowser.Answer own =
        from.browser.submit(
            from.browser.get(from.root() + "/device").form("/device").with("code", code));
    assertThat(own.body()).contains(code).contains("This is my device");
  }

  private static void endOfDevice(Held at, String path) {
    TestBrowser.Answer page = at.browser.get(at.root() + path);
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body()).doesNotContain(at.mandate);
  }

  private static void userInfo(String method, Held from, Held at) {
    for (String token :
        new String[] {from.access, from.service, from.apiKey, swapped(from.access, at)}) {
      Wire.Answer refused = at.userInfo(method, token);
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.text("/error")).isEqualTo("invalid_token");
    }
    assertThat(at.userInfo(method, at.access).text("/sub"))
        .isEqualTo(Held.claims(at.access).path("sub").asText());
  }

  private static void schema(Held at, String path) {
    assertThat(Wire.get(at.issuer + path).json().path("$id").asText()).isEqualTo(at.issuer + path);
  }

  /// A browser with all cookies of `from`, under their own names and under those that `at` reads.
  private static TestBrowser intruder(ThreeTenants tenants, Held from, Held at) {
    TestBrowser browser = new TestBrowser("http://localhost:" + tenants.port);
    browser.cookies().putAll(from.browser.cookies());
    for (String name : new String[] {"mandate_session", "mandate_browser"}) {
      browser
          .cookies()
          .put(
              at.slug.equals("default") ? name : name + "_" + at.slug,
              String.valueOf(
                  from.browser.cookie(
                      from.slug.equals("default") ? name : name + "_" + from.slug)));
    }
    return browser;
  }

  private static void authorize(ThreeTenants tenants, Held from, Held at) {
    try (TestBrowser browser = intruder(tenants, from, at)) {
      TestBrowser.Answer end = browser.follow(browser.get(at.authorize()));
      assertThat(end.form(at.root() + "/signin").first("password")).isNotNull();
      // The same client_id, but the redirect URI is registered with the other tenant only.
      TestBrowser.Answer foreign =
          browser.get(
              at.root()
                  + "/oauth/authorize?response_type=code&client_id=app&redirect_uri="
                  + ThreeTenants.origin(from.slug)
                  + "/callback");
      assertThat(foreign.status()).isEqualTo(400);
      assertThat(foreign.location()).isEmpty();
    }
  }

  private static String consent(Held held) {
    return held.pending.replace("/oauth/authorize/", "/oauth/consent/");
  }

  private static void step(ThreeTenants tenants, Held from, Held at, String path) {
    try (TestBrowser browser = intruder(tenants, from, at)) {
      assertThat(browser.get(at.root() + path).status()).isEqualTo(410);
    }
    // With a session of its own it is no other.
    assertThat(at.browser.get(at.root() + path).status()).isEqualTo(410);
  }

  private static void answer(ThreeTenants tenants, Held from, Held at) {
    TestBrowser.Answer page = from.browser.get(from.root() + consent(from));
    String form = page.form(consent(from)).with("decision", "approve").encoded();
    try (TestBrowser browser = intruder(tenants, from, at)) {
      for (String path : new String[] {consent(from), consent(at)}) {
        TestBrowser.Answer answer = browser.post(at.root() + path, form);
        assertThat(answer.status()).isBetween(400, 499);
        assertThat(answer.location()).isEmpty();
      }
    }
  }

  private static void signInPage(Held at) {
    TestBrowser.Answer page = at.browser.get(at.root() + "/signin");
    assertThat(page.body()).contains("action=\"" + at.root() + "/signin\"");
    assertThat(page.header("content-security-policy")).contains("form-action 'self'");
  }

  private static void signIn(ThreeTenants tenants, Held from, Held at) {
    String password = tenants.password(from.slug, USER).reveal();
    try (TestBrowser browser = intruder(tenants, from, at)) {
      TestBrowser.Answer foreign =
          browser.submit(
              from.browser
                  .get(from.root() + "/signin")
                  .form("/signin")
                  .with("username", USER)
                  .with("password", tenants.password(at.slug, USER).reveal()));
      assertThat(foreign.location()).isEmpty();
    }
    try (TestBrowser browser = new TestBrowser("http://localhost:" + tenants.port)) {
      TestBrowser.Answer wrong =
          browser.submit(
              browser
                  .get(at.root() + "/signin")
                  .form("/signin")
                  .with("username", USER)
                  .with("password", password));
      assertThat(wrong.location()).isEmpty();
      assertThat(wrong.body()).contains("name=\"password\"");
    }
  }

  private static void signOut(ThreeTenants tenants, Held from, Held at) {
    String csrf = from.csrf();
    assertThat(at.browser.post(at.root() + "/signout", "csrf=" + csrf).status()).isEqualTo(403);
    try (TestBrowser browser = intruder(tenants, from, at)) {
      // Whatever it says, it ends nobody's session.
      browser.post(at.root() + "/signout", "csrf=" + csrf);
    }
    assertThat(from.browser.get(from.root() + "/account").status()).isEqualTo(200);
    assertThat(at.browser.get(at.root() + "/account").status()).isEqualTo(200);
  }

  /// With another tenant's session and address, nobody is signed out and nobody is sent there.
  private static void logout(ThreeTenants tenants, Held from, Held at) {
    try (TestBrowser browser = intruder(tenants, from, at)) {
      assertThat(browser.get(at.root() + "/oauth/logout").status()).isEqualTo(200);
      TestBrowser.Answer sent =
          browser.post(
              at.root() + "/oauth/logout",
              "post_logout_redirect_uri=https%3A%2F%2Felsewhere.example");
      assertThat(sent.status()).isEqualTo(400);
    }
    assertThat(from.browser.get(from.root() + "/account").status()).isEqualTo(200);
    assertThat(at.browser.get(at.root() + "/account").status()).isEqualTo(200);
  }

  private static void confirmLogout(ThreeTenants tenants, Held from, Held at) {
    String form = "decision=yes&csrf=" + from.csrf();
    assertThat(at.browser.post(at.root() + "/oauth/logout/confirm", form).status()).isEqualTo(403);
    try (TestBrowser browser = intruder(tenants, from, at)) {
      assertThat(browser.post(at.root() + "/oauth/logout/confirm", form).status()).isEqualTo(403);
    }
    assertThat(from.browser.get(from.root() + "/account").status()).isEqualTo(200);
    assertThat(at.browser.get(at.root() + "/account").status()).isEqualTo(200);
  }

  private static void page(ThreeTenants tenants, Held from, Held at, String path, int status) {
    try (TestBrowser browser = intruder(tenants, from, at)) {
      TestBrowser.Answer answer = browser.get(at.root() + path);
      assertThat(answer.status()).isEqualTo(status);
      if (status == 303) {
        assertThat(answer.location()).startsWith(at.root() + "/signin?");
      }
    }
    TestBrowser.Answer own = at.browser.follow(at.browser.get(at.root() + path));
    assertThat(own.status()).isEqualTo(200);
    assertThat(own.body()).doesNotContain(from.mandate);
    if (!at.root().isEmpty()) {
      assertThat(own.body().split("(href|action)=\"", -1))
          .filteredOn(link -> link.startsWith("/"))
          .isNotEmpty()
          .allMatch(link -> link.startsWith(at.root() + "/"));
    }
  }

  private static void mandatePage(ThreeTenants tenants, Held from, Held at) {
    page(tenants, from, at, MANDATES + at.mandate, 303);
    assertThat(at.browser.get(at.root() + MANDATES + from.mandate).status()).isEqualTo(404);
  }

  private static void post(ThreeTenants tenants, Held from, Held at, String verb) {
    String form = "name=x&days=1&csrf=";
    String id = MANDATES + from.mandate + verb;
    assertThat(at.browser.post(at.root() + id, form + at.csrf()).status()).isBetween(400, 499);
    try (TestBrowser browser = intruder(tenants, from, at)) {
      String csrf = form + from.csrf();
      for (String mandate : new String[] {from.mandate, at.mandate}) {
        TestBrowser.Answer answer = browser.post(at.root() + MANDATES + mandate + verb, csrf);
        assertThat(answer.status() == 303 ? answer.location() : at.root() + "/signin?")
            .startsWith(at.root() + "/signin?");
        assertThat(answer.status()).isNotEqualTo(200);
      }
    }
  }

  /// Whose id names nothing here: what is there is attacked in NoticePagesTest.
  private static void acknowledge(ThreeTenants tenants, Held from, Held at) {
    String path = "/notices/ntc_none/acknowledge";
    assertThat(at.browser.post(at.root() + path, "csrf=" + from.csrf()).status()).isEqualTo(404);
    try (TestBrowser browser = intruder(tenants, from, at)) {
      TestBrowser.Answer answer = browser.post(at.root() + path, "csrf=" + from.csrf());
      assertThat(answer.location()).startsWith(at.root() + "/signin?");
    }
  }

  /// A form that a stranger posts ends at the sign-in page, and one of one's own with another's
  /// proof at a refusal.
  private static void signedOut(ThreeTenants tenants, Held from, Held at, String path) {
    String form = "secret=sk-canary-0123456789abcdef&do=remove&csrf=";
    assertThat(at.browser.post(at.root() + path, form + from.csrf()).status()).isBetween(400, 499);
    try (TestBrowser browser = intruder(tenants, from, at)) {
      TestBrowser.Answer answer = browser.post(at.root() + path, form + from.csrf());
      assertThat(answer.status()).isEqualTo(303);
      assertThat(answer.location()).startsWith(at.root() + "/signin?");
    }
  }

  /// The id of the key that `from` made on its mandate's page.
  private static String keyId(Held from) {
    return from.browser
        .get(from.root() + MANDATES + from.mandate)
        .form("/revoke")
        .action()
        .replaceAll(".*/keys/([^/]+)/revoke$", "$1");
  }

  private static void allKeys(ThreeTenants tenants, Held from, Held at) {
    try (TestBrowser browser = intruder(tenants, from, at)) {
      assertThat(browser.get(at.root() + "/admin/keys").location())
          .startsWith(at.root() + "/signin?");
    }
    assertThat(at.browser.get(at.root() + "/admin/keys").body()).doesNotContain(keyId(from));
  }

  private static void mintKey(ThreeTenants tenants, Held from, Held at) {
    keyForm(tenants, from, at, "/account/keys");
    String csrf =
        String.valueOf(
            at.browser.get(at.root() + "/account/keys").form("/account/keys").first("csrf"));
    TestBrowser.Answer answer =
        at.browser.post(
            at.root() + "/account/keys", "name=x&mandate=" + from.mandate + "&csrf=" + csrf);
    assertThat(answer.status()).isEqualTo(404);
  }

  /// Neither the other tenant's session nor its proof opens a form here, and its key is not here.
  private static void keyForm(ThreeTenants tenants, Held from, Held at, String path) {
    String form = "name=x&grace=0&mandate=" + from.mandate + "&csrf=";
    assertThat(at.browser.post(at.root() + path, form + at.csrf()).status()).isBetween(400, 499);
    try (TestBrowser browser = intruder(tenants, from, at)) {
      TestBrowser.Answer answer = browser.post(at.root() + path, form + from.csrf());
      assertThat(answer.status()).isEqualTo(303);
      assertThat(answer.location()).startsWith(at.root() + "/signin?");
    }
  }

  /// Whoever is no administrator at home has no page, and a stranger has to sign in.
  private static void adminPage(ThreeTenants tenants, Held from, Held at, String path) {
    try (TestBrowser browser = intruder(tenants, from, at)) {
      assertThat(browser.get(at.root() + path).location()).startsWith(at.root() + "/signin?");
    }
    assertThat(at.browser.get(at.root() + path).status()).isIn(200, 403);
  }

  /// It is no tenant's: having a key is what counts there, so nothing is carried to it here.
  private static void leaked(Held from, Held at) {
    Wire.Answer answer =
        Wire.send(
            "POST",
            at.issuer + "/api/leaked-keys",
            "[{\"token\":\"" + from.mandate + "\"}]",
            "content-type",
            "application/json");
    assertThat(answer.status()).isEqualTo(at.root().isEmpty() ? 200 : 404);
  }

  private static void assets(Held from, Held at) {
    String own = at.browser.get(at.root() + "/signin").body();
    String link = own.replaceAll("(?s).*href=\"([^\"]+mandate\\.css)\".*", "$1");
    assertThat(link).startsWith(at.root() + "/assets/");
    String there = from.root() + link.substring(at.root().length());
    assertThat(at.browser.get(link).body()).isEqualTo(from.browser.get(there).body());
  }

  private static void health(Held at, String path) {
    assertThat(Wire.get(at.issuer + path).body()).doesNotContain(at.slug).hasSizeLessThan(20);
  }

  private static void document(Held from, Held at) {
    String document = Wire.get(at.issuer + "/admin/v1/openapi.json").body();
    assertThat(document).contains(at.issuer + "/admin/v1");
    if (!from.root().isEmpty()) {
      assertThat(document).doesNotContain(from.issuer);
    }
  }

  private static void call(ThreeTenants tenants, Held from, Held at) {
    // First where they are good, so that they are in memory.
    for (String credential : new String[] {from.access, from.service, from.apiKey}) {
      assertThat(from.chat(credential).status()).isEqualTo(200);
    }
    for (String credential :
        new String[] {
          from.access,
          from.service,
          from.apiKey,
          from.adminKey(),
          swapped(from.access, at),
          swapped(from.service, at)
        }) {
      Wire.Answer answer = at.chat(credential);
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.text("/error/code")).isEqualTo("invalid_token");
      assertThat(answer.body()).doesNotContain("mandate_revoked").doesNotContain(from.mandate);
    }
    assertThat(at.chat(at.access).status()).isEqualTo(200);
    Wire.Answer preflight =
        Wire.send(
            "OPTIONS",
            at.issuer + "/openai/v1/models",
            "",
            "origin",
            ThreeTenants.origin(from.slug),
            "access-control-request-method",
            "POST");
    assertThat(preflight.header("access-control-allow-origin")).isEmpty();
  }

  /// The token with the other tenant's issuer, tenant and audience written over its own.
  private static String swapped(String jwt, Held at) {
    String[] parts = jwt.split("\\.", -1);
    ObjectNode claims = (ObjectNode) Held.claims(jwt);
    claims.put("iss", at.issuer).put("tenant", at.slug);
    claims.putArray("aud").add(at.issuer + "/openai/v1");
    String payload = Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(claims));
    return parts[0] + "." + payload + "." + parts[2];
  }

  /// Every operation of the admin API, the ones to come too.
  static void operation(String method, String template, Held from, Held at) {
    String path = template.replaceAll("\\{[a-z_]+\\}", from.mandate);
    for (String credential : new String[] {from.adminKey(), from.access, from.apiKey}) {
      assertThat(at.admin(method, path, credential).status())
          .as(method + " " + path + " with a credential of " + from.slug)
          .isEqualTo(401);
    }
    if (!path.equals(template)) {
      assertThat(at.admin(method, path, at.adminKey()).status())
          .as(method + " " + path + " of " + from.slug)
          .isBetween(400, 499);
    }
  }
}

package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.oauth.pkce.Pkce;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Forms;
import dev.mandate.testing.TestBrowser;
import java.net.URI;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/// One of each kind of credential and id, all of one tenant, got as anybody gets them; and whether
/// each of them still works where it belongs.
final class Held {
  static final String VERIFIER = "v".repeat(43);
  static final String USER = "mina";

  final String slug;
  final String issuer;
  final DemoFile file;
  final String model;
  final TestBrowser browser;
  final String access;
  final String refresh;
  final String mandate;
  final String apiKey;
  final String service;

  /// The step page of a request that nobody has answered yet, below the issuer.
  final String pending;

  /// A code that nobody has redeemed yet.
  final String code;

  Held(ThreeTenants tenants, String slug) {
    this.slug = slug;
    this.issuer = tenants.issuer(slug);
    this.file = tenants.file(slug);
    this.model = tenants.openaiModel();
    this.browser = new TestBrowser("http://localhost:" + tenants.port);
    signIn(tenants.password(slug, USER).reveal());
    JsonNode tokens = redeem(approve()).json();
    this.access = tokens.path("access_token").asText();
    this.refresh = tokens.path("refresh_token").asText();
    this.mandate = claims(access).path("mandate").asText();
    this.apiKey = mint();
    this.service = service(file.serviceSecret().reveal()).text("/access_token");
    this.pending = ask().substring(root().length());
    this.code = approve();
    assertThat(service).isNotEmpty();
  }

  /// The path below which its pages are.
  String root() {
    return String.valueOf(URI.create(issuer).getRawPath());
  }

  private void signIn(String password) {
    TestBrowser.Answer page = browser.get(root() + "/signin");
    TestBrowser.Answer answer =
        browser.submit(page.form("/signin").with("username", USER).with("password", password));
    assertThat(answer.location()).isEqualTo(root() + "/mandates");
  }

  /// An authorization request of the public client.
  String authorize() {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("response_type", "code");
    query.put("client_id", DemoFile.PUBLIC_CLIENT);
    query.put("redirect_uri", DemoFile.REDIRECT_URI);
    query.put("scope", "offline_access openid llm:openai");
    query.put("state", slug);
    query.put("code_challenge", Pkce.challenge(VERIFIER));
    query.put("code_challenge_method", "S256");
    return root() + "/oauth/authorize?" + Parameters.encode(query);
  }

  private String ask() {
    return browser.get(authorize()).location();
  }

  private String approve() {
    TestBrowser.Answer consent = browser.follow(browser.get(authorize()));
    Parameters answer =
        browser
            .submit(consent.form(URI.create(consent.url()).getPath()).with("decision", "approve"))
            .query();
    assertThat(answer.one("iss")).isEqualTo(issuer);
    return String.valueOf(answer.one("code"));
  }

  Wire.Answer redeem(String redeemed) {
    return redeemAt(issuer, redeemed);
  }

  static Wire.Answer redeemAt(String issuer, String redeemed) {
    return Wire.post(
        issuer + "/oauth/token",
        "grant_type",
        "authorization_code",
        "client_id",
        DemoFile.PUBLIC_CLIENT,
        "redirect_uri",
        DemoFile.REDIRECT_URI,
        "code_verifier",
        VERIFIER,
        "code",
        redeemed);
  }

  static Wire.Answer refreshAt(String issuer, String token) {
    return Wire.post(
        issuer + "/oauth/token",
        "grant_type",
        "refresh_token",
        "client_id",
        DemoFile.PUBLIC_CLIENT,
        "refresh_token",
        token);
  }

  static Wire.Answer revokeAt(String issuer, String token) {
    return Wire.post(issuer + "/oauth/revoke", "client_id", DemoFile.PUBLIC_CLIENT, "token", token);
  }

  Wire.Answer service(String clientSecret, String... more) {
    String[] form = {
      "grant_type",
      "client_credentials",
      "client_id",
      DemoFile.SERVICE_CLIENT,
      "client_secret",
      clientSecret
    };
    String[] all = java.util.Arrays.copyOf(form, form.length + more.length);
    System.arraycopy(more, 0, all, form.length, more.length);
    return Wire.post(issuer + "/oauth/token", all);
  }

  /// Asked by a client that may ask about every token of the tenant.
  Wire.Answer introspect(String clientSecret, String token) {
    return Wire.post(
        issuer + "/oauth/introspect",
        "client_id",
        ThreeTenants.GUARD,
        "client_secret",
        clientSecret,
        "token",
        token);
  }

  Wire.Answer userInfo(String method, String token) {
    return Wire.send(method, issuer + "/oauth/userinfo", "", "authorization", "Bearer " + token);
  }

  /// The `request_uri` of a pushed request of the public client.
  Wire.Answer push(String redirectUri) {
    return Wire.post(
        issuer + "/oauth/par",
        "response_type",
        "code",
        "client_id",
        DemoFile.PUBLIC_CLIENT,
        "redirect_uri",
        redirectUri,
        "scope",
        "llm:openai",
        "code_challenge",
        Pkce.challenge(VERIFIER),
        "code_challenge_method",
        "S256");
  }

  private String mint() {
    TestBrowser.Answer page = browser.get(root() + "/mandates/" + mandate);
    TestBrowser.Answer minted =
        browser.submit(page.form("/keys").with("name", "editor").with("days", "1"));
    return minted.body().replaceAll("(?s).*value=\"(mandate_[^\"]+)\".*", "$1");
  }

  Wire.Answer chat(String credential) {
    return Wire.send(
        "POST",
        issuer + "/openai/v1/chat/completions",
        "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}".formatted(model),
        "authorization",
        "Bearer " + credential,
        "content-type",
        "application/json");
  }

  Wire.Answer admin(String method, String path, String key) {
    return Wire.send(
        method,
        issuer + path,
        "{}",
        "authorization",
        "Bearer " + key,
        "content-type",
        "application/json",
        "idempotency-key",
        "k-" + System.nanoTime());
  }

  String adminKey() {
    return file.adminKeySecret().reveal();
  }

  /// The CSRF proof of the sign-out form, which every page of a signed-in person has.
  String csrf() {
    Forms.Form form = browser.get(root() + "/account").form("/signout");
    return String.valueOf(form.first("csrf"));
  }

  static JsonNode claims(String jwt) {
    return Json.parse(Base64.getUrlDecoder().decode(jwt.split("\\.", -1)[1]));
  }

  /// Every one of them, used where it belongs. Ends by using up what can be used once.
  void stillWorks() {
    assertThat(chat(access).status()).as(slug + " access token").isEqualTo(200);
    assertThat(chat(apiKey).status()).as(slug + " API key").isEqualTo(200);
    assertThat(chat(service).status()).as(slug + " service token").isEqualTo(200);
    assertThat(admin("GET", "/admin/v1/mandates/" + mandate, adminKey()).status())
        .as(slug + " admin key")
        .isEqualTo(200);
    assertThat(browser.get(root() + "/mandates/" + mandate).status())
        .as(slug + " session")
        .isEqualTo(200);
    assertThat(browser.get(root() + pending).location())
        .as(slug + " pending request")
        .startsWith(root() + "/oauth/consent/");
    assertThat(redeem(code).status()).as(slug + " code").isEqualTo(200);
    assertThat(refreshAt(issuer, refresh).status()).as(slug + " refresh token").isEqualTo(200);
    assertThat(service(file.serviceSecret().reveal()).status()).as(slug + " secret").isEqualTo(200);
  }
}

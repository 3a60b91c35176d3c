package dev.mandate.oauth.userinfo;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.claims.UserInfo;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.testing.Fixture;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserInfoEndpointTest {
  private OAuthServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Mandate mandate(String scopes) {
    return server.fixture.mandate(Fixture.APP, Fixture.ADA, scopes, "openai");
  }

  private String token(String scopes) {
    return server.redeem(server.code(mandate(scopes))).text("access_token");
  }

  private Answer get(String token) {
    return server.send(
        server.request("/oauth/userinfo").header("authorization", "Bearer " + token).GET());
  }

  private static void invalid(Answer answer) {
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(401);
    assertThat(answer.text("error")).isEqualTo("invalid_token");
    assertThat(answer.header("www-authenticate")).startsWith("Bearer ").contains("invalid_token");
    assertThat(answer.json().has("sub")).isFalse();
  }

  @Test
  void aClientThatSomebodyElseWroteLearnsWhoApproved() throws Exception {
    Answer tokens = server.redeem(server.code(mandate("openid profile")));
    HTTPResponse sent =
        new UserInfoRequest(
                server.request("/oauth/userinfo").build().uri(),
                new BearerAccessToken(tokens.text("access_token")))
            .toHTTPRequest()
            .send();
    UserInfo info = UserInfoResponse.parse(sent).toSuccessResponse().getUserInfo();
    // OpenID Connect Core §5.3.2: the client compares it with the ID token's.
    assertThat(info.getSubject().getValue())
        .isEqualTo(SignedJWT.parse(tokens.text("id_token")).getJWTClaimsSet().getSubject());
    assertThat(info.getName()).isEqualTo("Ada Lovelace");
    assertThat(info.getPreferredUsername()).isEqualTo("ada");
    assertThat(sent.getHeaderValue("content-type")).isEqualTo("application/json");
    assertThat(sent.getHeaderValue("cache-control")).isEqualTo("no-store");
    Answer posted =
        server.send(
            server
                .request("/oauth/userinfo")
                .header("authorization", "bearer " + tokens.text("access_token"))
                .POST(OAuthServer.body()));
    assertThat(posted.http().body()).isEqualTo(sent.getBody().strip());
  }

  @Test
  void withoutProfileThereIsNothingButTheSubject() {
    Answer answer = get(token("openid"));
    assertThat(answer.http().body()).isEqualTo("{\"sub\":\"user_ada\"}");
  }

  @Test
  void whoBringsNoTokenIsToldWhichOne() {
    for (HttpRequest.Builder request :
        List.of(
            server.request("/oauth/userinfo").GET(),
            server.request("/oauth/userinfo").POST(OAuthServer.body()),
            server
                .request("/oauth/userinfo")
                .header("authorization", OAuthServer.basic("web", Fixture.WEB_SECRET))
                .GET())) {
      Answer answer = server.send(request);
      assertThat(answer.status()).isEqualTo(401);
      // RFC 6750 §3.1: no error code.
      assertThat(answer.header("www-authenticate"))
          .isEqualTo("Bearer realm=\"mandate\", scope=\"openid\"");
      assertThat(answer.json().has("error")).isFalse();
    }
  }

  @Test
  void aTokenInTheAddressOrTheBodyIsRefused() {
    String token = token("openid");
    for (HttpRequest.Builder request :
        List.of(
            server.request("/oauth/userinfo?access_token=" + token).GET(),
            server.request("/oauth/userinfo").POST(OAuthServer.body("access_token", token)),
            server
                .request("/oauth/userinfo?access_token=x")
                .header("authorization", "Bearer " + token)
                .GET(),
            server
                .request("/oauth/userinfo")
                .header("authorization", "Bearer " + token)
                .header("authorization", "Bearer " + token)
                .GET())) {
      Answer answer = server.send(request);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text("error")).isEqualTo("invalid_request");
      assertThat(answer.json().has("sub")).isFalse();
    }
  }

  @Test
  void aTokenForAnotherResourceIsInvalidHere() {
    String openai = OAuthServer.ISSUER + "/openai/v1";
    invalid(get(server.redeem(server.code(mandate("openid"), openai)).text("access_token")));
    invalid(
        get(
            server
                .redeem(server.code(mandate("openid")), "resource", openai)
                .text("access_token")));
    assertThat(
            get(server
                    .redeem(server.code(mandate("openid")), "resource", OAuthServer.USERINFO)
                    .text("access_token"))
                .status())
        .isEqualTo(200);
    // Nor does openid alone open it where the audience does not name it.
    invalid(get(token("profile")));
  }

  @Test
  void aTokenWithoutOpenidHasTooLittleScope() {
    Mandate mandate = mandate("openid profile");
    String token =
        server
            .accessTokens
            .issue(
                server.issuers.root(),
                mandate,
                new TreeSet<>(List.of("profile")),
                List.of(),
                List.of(OAuthServer.USERINFO))
            .token()
            .reveal();
    Answer answer = get(token);
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.text("error")).isEqualTo("insufficient_scope");
    assertThat(answer.header("www-authenticate"))
        .contains("error=\"insufficient_scope\"")
        .contains("scope=\"openid\"");
  }

  @Test
  void whatIsNoTokenOfOursIsInvalid() {
    Answer tokens = server.redeem(server.code(mandate("openid")));
    String token = tokens.text("access_token");
    for (String one :
        List.of(
            "x",
            tokens.text("id_token"),
            tokens.text("refresh_token"),
            token + "x",
            token.substring(0, token.lastIndexOf('.') + 1),
            "x".repeat(7_000))) {
      invalid(get(one));
    }
  }

  @Test
  void whatEndedTellsNothing() {
    Mandate mandate = mandate("openid");
    String token = server.redeem(server.code(mandate)).text("access_token");
    assertThat(get(token).status()).isEqualTo(200);
    server.stores.users().setDisabled(Fixture.TENANT, Fixture.ADA, true);
    invalid(get(token));
    server.stores.users().setDisabled(Fixture.TENANT, Fixture.ADA, false);
    server.stores.mandates().revoke(Fixture.TENANT, mandate.id(), server.clock.instant());
    invalid(get(token));
    String late = token("openid");
    server.clock.advance(Duration.ofMinutes(10));
    invalid(get(late));
  }

  @Test
  void aServiceIsNobody() {
    Mandate standing = server.fixture.mandate(Fixture.SERVICE, null, "openid llm:openai", "openai");
    Answer issued =
        server.send(
            server
                .request("/oauth/token")
                .header("authorization", OAuthServer.basic("service", Fixture.SERVICE_SECRET))
                .POST(OAuthServer.body("grant_type", "client_credentials")));
    invalid(get(issued.text("access_token")));
    // Even if a token named the resource.
    String token =
        server
            .accessTokens
            .issue(
                server.issuers.root(),
                standing,
                standing.scopes(),
                List.of(),
                List.of(OAuthServer.USERINFO))
            .token()
            .reveal();
    invalid(get(token));
  }

  @Test
  void aPageOfARegisteredOriginMayReadIt() {
    Answer answer =
        server.send(
            server
                .request("/oauth/userinfo")
                .header("origin", "https://app.example")
                .header("authorization", "Bearer " + token("openid"))
                .GET());
    assertThat(answer.header("access-control-allow-origin")).isEqualTo("https://app.example");
    Answer preflight =
        server.send(
            server
                .request("/oauth/userinfo")
                .header("origin", "https://app.example")
                .header("access-control-request-method", "GET")
                .header("access-control-request-headers", "authorization")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
    assertThat(preflight.header("access-control-allow-headers")).contains("authorization");
    assertThat(
            server
                .send(
                    server
                        .request("/oauth/userinfo")
                        .header("origin", "https://evil.example")
                        .header("authorization", "Bearer " + token("openid"))
                        .GET())
                .header("access-control-allow-origin"))
        .isNull();
  }
}

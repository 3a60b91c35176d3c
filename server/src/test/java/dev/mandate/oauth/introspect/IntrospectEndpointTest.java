package dev.mandate.oauth.introspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.TokenIntrospectionRequest;
import com.nimbusds.oauth2.sdk.TokenIntrospectionResponse;
import com.nimbusds.oauth2.sdk.TokenIntrospectionSuccessResponse;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.net.AddressRange;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.TestKeys;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IntrospectEndpointTest {
  private static final String INACTIVE = "{\"active\":false}";

  private OAuthServer server;
  private Mandate mandate;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
    mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid llm:openai", "openai");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer ask(String authorization, String... form) {
    return server.send(
        server
            .request("/oauth/introspect")
            .header("authorization", authorization)
            .POST(OAuthServer.body(form)));
  }

  /// As the client that speaks for the tenant's resources.
  private Answer guard(String token) {
    return ask(OAuthServer.basic("guard", Fixture.GUARD_SECRET), "token", token);
  }

  private Answer web(String token) {
    return ask(OAuthServer.basic("web", Fixture.WEB_SECRET), "token", token);
  }

  private void inactive(Answer answer) {
    assertThat(answer.status()).isEqualTo(200);
    // To the byte: any difference would tell why.
    assertThat(answer.http().body()).isEqualTo(INACTIVE);
    assertThat(answer.header("cache-control")).isEqualTo("no-store");
  }

  private Answer active(Answer answer) {
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().path("active").asBoolean()).as(answer.http().body()).isTrue();
    assertThat(answer.header("cache-control")).isEqualTo("no-store");
    return answer;
  }

  private String accessToken() {
    return server.redeem(server.code(mandate)).text("access_token");
  }

  @Test
  void aClientThatSomebodyElseWroteLearnsWhatATokenIsWorth() throws Exception {
    String token = accessToken();
    TokenIntrospectionSuccessResponse answer =
        TokenIntrospectionResponse.parse(
                new TokenIntrospectionRequest(
                        server.request("/oauth/introspect").build().uri(),
                        new ClientSecretBasic(
                            new ClientID("guard"), new Secret(Fixture.GUARD_SECRET.reveal())),
                        new BearerAccessToken(token))
                    .toHTTPRequest()
                    .send())
            .toSuccessResponse();
    var claims = SignedJWT.parse(token).getJWTClaimsSet();
    assertThat(answer.isActive()).isTrue();
    assertThat(answer.getIssuer().getValue()).isEqualTo(OAuthServer.ISSUER);
    assertThat(answer.getSubject().getValue()).isEqualTo(Fixture.ADA.value());
    assertThat(answer.getClientID().getValue()).isEqualTo("app");
    assertThat(answer.getScope().toStringList()).containsExactly("llm:openai", "openid");
    assertThat(answer.getTokenType().getValue()).isEqualTo("Bearer");
    assertThat(answer.getExpirationTime()).isEqualTo(claims.getExpirationTime());
    assertThat(answer.getIssueTime()).isEqualTo(claims.getIssueTime());
    assertThat(answer.getJWTID().getValue()).isEqualTo(claims.getJWTID());
    assertThat(answer.getAudience())
        .extracting(one -> one.getValue())
        .containsExactlyElementsOf(claims.getAudience());
    assertThat(answer.getStringParameter("tenant")).isEqualTo("default");
    assertThat(answer.getStringParameter("mandate")).isEqualTo(mandate.id().value());
    assertThat(answer.getUsername()).isNull();
    assertThat(active(guard(token)).json().path("authorization_details").path(0).path("upstream"))
        .hasToString("\"openai\"");
  }

  @Test
  void aClientLearnsOfItsOwnTokensOnly() {
    Mandate own = server.fixture.mandate(Fixture.WEB, Fixture.ADA, "llm:openai", "openai");
    String token =
        server
            .accessTokens
            .issue(
                server.issuers.root(),
                own,
                own.scopes(),
                own.access(),
                List.of(OAuthServer.ISSUER + "/openai/v1"))
            .token()
            .reveal();
    active(web(token));
    inactive(web(accessToken()));
    inactive(web(server.redeem(server.code(mandate)).text("refresh_token")));
  }

  @Test
  void whoeverHasNoSecretIsRefused() {
    String token = accessToken();
    for (Answer answer :
        List.of(
            server.post("/oauth/introspect", "token", token),
            server.post("/oauth/introspect", "token", token, "client_id", "app"),
            server.post("/oauth/introspect", "token", token, "client_id", "web"),
            server.post(
                "/oauth/introspect", "token", token, "client_id", "web", "client_secret", "x"),
            ask("Bearer " + token, "token", token))) {
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.text("error")).isEqualTo("invalid_client");
      assertThat(answer.json().has("active")).isFalse();
    }
  }

  @Test
  void nobodysTokenIsInactive() throws Exception {
    String token = accessToken();
    String[] parts = token.split("\\.", -1);
    String idToken = server.redeem(server.code(mandate)).text("id_token");
    for (String one :
        List.of(
            "x",
            "x".repeat(43),
            "a.b.c",
            "..",
            parts[0] + "." + parts[1] + ".",
            parts[0] + "." + parts[1] + "." + "A".repeat(86),
            "eyJhbGciOiJub25lIn0." + parts[1] + ".",
            idToken,
            "x".repeat(20_000),
            "mandate_" + "x".repeat(51))) {
      inactive(guard(one));
    }
    active(guard(token));
  }

  @Test
  void aTokenOfAnotherIssuerIsInactive() {
    Issuer other = new Issuer(Fixture.TENANT, "https://other.example");
    inactive(
        guard(
            server
                .accessTokens
                .issue(other, mandate, mandate.scopes(), mandate.access(), List.of("https://a"))
                .token()
                .reveal()));
  }

  @Test
  void aMandateOfAnotherTenantIsNotFound() {
    TenantId globex = new TenantId("globex");
    server.stores.tenants().save(dev.mandate.testing.Tenants.tenant(globex));
    var app = dev.mandate.testing.Clients.app(globex);
    server.stores.clients().save(app);
    Mandate foreign = dev.mandate.testing.Mandates.mandate("foreign", app, null);
    server.stores.mandates().insert(foreign);
    String token =
        server
            .accessTokens
            .issue(
                new Issuer(globex, OAuthServer.ISSUER),
                foreign,
                foreign.scopes(),
                List.of(),
                List.of("https://a"))
            .token()
            .reveal();
    inactive(guard(token));
    var refresh = server.refreshTokens.issue(foreign, List.of(), null);
    inactive(guard(refresh.reveal()));
  }

  @Test
  void anExpiredTokenIsInactiveToTheSecond() {
    String token = accessToken();
    server.clock.advance(Duration.ofSeconds(599));
    active(guard(token));
    server.clock.advance(Duration.ofSeconds(1));
    inactive(guard(token));
  }

  @Test
  void whatTakesRightsAwayShowsAtTheNextQuestion() {
    String token = accessToken();
    active(guard(token));
    server.stores.users().setDisabled(Fixture.TENANT, Fixture.ADA, true);
    inactive(guard(token));
    server.stores.users().setDisabled(Fixture.TENANT, Fixture.ADA, false);
    active(guard(token));
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                Fixture.APP, null, Fixture.REDIRECT, Set.of("authorization_code"), true));
    inactive(guard(token));
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                Fixture.APP, null, Fixture.REDIRECT, Set.of("authorization_code"), false));
    active(guard(token));
    server.stores.mandates().revoke(Fixture.TENANT, mandate.id(), server.clock.instant());
    inactive(guard(token));
  }

  @Test
  void aTokenThatWasRevokedAloneIsInactive() {
    server.fixture.mandate(Fixture.SERVICE, null, "llm:openai", "openai");
    String basic = OAuthServer.basic("service", Fixture.SERVICE_SECRET);
    String token =
        server
            .send(
                server
                    .request("/oauth/token")
                    .header("authorization", basic)
                    .POST(OAuthServer.body("grant_type", "client_credentials")))
            .text("access_token");
    assertThat(active(guard(token)).text("sub")).isEqualTo("service");
    assertThat(
            server
                .send(
                    server
                        .request("/oauth/revoke")
                        .header("authorization", basic)
                        .POST(OAuthServer.body("token", token)))
                .status())
        .isEqualTo(200);
    inactive(guard(token));
  }

  @Test
  void aMandateThatEndsTakesItsTokensAlong() {
    Mandate brief =
        server.fixture.mandate(
            Fixture.APP, Fixture.ADA, "openid", Duration.ofSeconds(30), "openai");
    Answer tokens = server.redeem(server.code(brief));
    active(guard(tokens.text("refresh_token")));
    server.clock.advance(Duration.ofSeconds(30));
    inactive(guard(tokens.text("refresh_token")));
    inactive(guard(tokens.text("access_token")));
  }

  @Test
  void aRefreshTokenIsActiveWhileItCouldBeUsed() {
    String first = server.redeem(server.code(mandate)).text("refresh_token");
    Answer answer = active(guard(first));
    assertThat(answer.text("client_id")).isEqualTo("app");
    assertThat(answer.text("token_type")).isEqualTo("refresh_token");
    assertThat(answer.json().path("exp").asLong())
        .isEqualTo(server.clock.instant().plus(Duration.ofDays(30)).getEpochSecond());
    String second = server.refresh(first).text("refresh_token");
    // A lost answer: the first still brings the second.
    active(guard(first));
    active(guard(second));
    server.refresh(second);
    inactive(guard(first));
    active(guard(second));
    server.stores.mandates().revoke(Fixture.TENANT, mandate.id(), server.clock.instant());
    inactive(guard(second));
  }

  @Test
  void lookingDoesNotUseARefreshTokenUp() {
    String first = server.redeem(server.code(mandate)).text("refresh_token");
    for (int i = 0; i < 3; i++) {
      active(guard(first));
    }
    assertThat(server.refresh(first).status()).isEqualTo(200);
  }

  @Test
  void anApiKeyIsActiveUntilItIsRevoked() {
    var key = ApiKeyFormat.generate(new TokenSource(new SecureRandom(), server.clock));
    ApiKeyId id = new ApiKeyId("key_1");
    server
        .stores
        .apiKeys()
        .insert(
            new ApiKey(
                Fixture.TENANT,
                id,
                TokenHash.of(key),
                ApiKeyFormat.hint(key),
                "laptop",
                Fixture.ADA,
                mandate.id(),
                Set.of(),
                server.clock.instant(),
                server.clock.instant().plus(Duration.ofDays(1)),
                null,
                null));
    Answer answer = active(guard(key.reveal()));
    assertThat(answer.text("token_type")).isEqualTo("api_key");
    assertThat(answer.text("mandate")).isEqualTo(mandate.id().value());
    assertThat(answer.text("jti")).isEqualTo("key_1");
    inactive(web(key.reveal()));
    server.stores.apiKeys().revoke(Fixture.TENANT, id, server.clock.instant());
    inactive(guard(key.reveal()));
  }

  @Test
  void theDetailsAreWhatIsLeftToday() {
    String token = accessToken();
    assertThat(active(guard(token)).json().at("/authorization_details/0/limits").isMissingNode())
        .isTrue();
    server
        .stores
        .users()
        .saveEntitlements(
            Fixture.TENANT,
            Role.MEMBER,
            List.of(new LlmTerms("openai", null, null, new Limits(7L, null, null, null), null)));
    assertThat(active(guard(token)).json().at("/authorization_details/0/limits/requests").asLong())
        .isEqualTo(7);
    server.stores.users().saveEntitlements(Fixture.TENANT, Role.MEMBER, List.of());
    assertThat(active(guard(token)).json().has("authorization_details")).isFalse();
  }

  @Test
  void aScopeOfTheAdminApiIsGoneWithTheRole() {
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.AUDITOR);
    ClientId id = new ClientId("operations");
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                id, null, null, Set.of(), new TreeSet<>(AdminScope.names()), false));
    Mandate admin = server.fixture.mandate(id, Fixture.ADA, "clients:read clients:write");
    String token =
        server
            .accessTokens
            .issue(
                server.issuers.root(),
                admin,
                admin.scopes(),
                List.of(),
                List.of(OAuthServer.ISSUER + AdminScope.RESOURCE))
            .token()
            .reveal();
    assertThat(active(guard(token)).text("scope")).isEqualTo("clients:read");
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.MEMBER);
    assertThat(active(guard(token)).json().has("scope")).isFalse();
  }

  @Test
  void theTokenIsNeededOnceAndInTheBody() {
    String basic = OAuthServer.basic("guard", Fixture.GUARD_SECRET);
    String token = accessToken();
    for (Answer answer :
        List.of(
            ask(basic),
            ask(basic, "token", ""),
            ask(basic, "token", token, "token", token),
            ask(basic, "token", token, "token_type_hint", "a", "token_type_hint", "b"),
            server.send(
                server
                    .request("/oauth/introspect?token=" + token)
                    .header("authorization", basic)
                    .POST(OAuthServer.body())))) {
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text("error")).isEqualTo("invalid_request");
    }
    assertThat(server.send(server.request("/oauth/introspect").GET()).status()).isEqualTo(405);
  }

  @Test
  void theHintChangesNothing() {
    String basic = OAuthServer.basic("guard", Fixture.GUARD_SECRET);
    for (String hint : List.of("refresh_token", "access_token", "nonsense")) {
      active(ask(basic, "token", accessToken(), "token_type_hint", hint));
    }
  }

  @Test
  void aPageOfAnotherOriginCannotReadTheAnswer() {
    Answer answer =
        server.send(
            server
                .request("/oauth/introspect")
                .header("origin", "https://app.example")
                .header("authorization", OAuthServer.basic("guard", Fixture.GUARD_SECRET))
                .POST(OAuthServer.body("token", accessToken())));
    assertThat(answer.header("access-control-allow-origin")).isNull();
  }

  private static TokenHash hash(String key) {
    return TokenHash.of(dev.mandate.platform.crypto.Secret.of(key));
  }

  private ApiKeys keys() {
    return TestKeys.of(server.stores, server.clock, server.told);
  }

  private ApiKeys.Shown scoped(Set<String> scopes, String... addresses) {
    List<AddressRange> ranges = Stream.of(addresses).map(AddressRange::parse).toList();
    return keys()
        .make(
            new ApiKeys.Wish(
                Fixture.TENANT,
                "k",
                null,
                null,
                scopes,
                new KeyBounds(List.of(), Limits.NONE, ranges),
                null),
            server.clock.instant().plus(Duration.ofDays(1)),
            server.clock.instant());
  }

  private Answer asKey(String header, String value, String token) {
    return server.send(
        server
            .request("/oauth/introspect")
            .header(header, value)
            .POST(OAuthServer.body("token", token)));
  }

  @Test
  void aKeyWithTheScopeAsksAsAClientThatSpeaksForTheTenant() {
    String key = scoped(Set.of("introspect")).secret().reveal();
    String token = accessToken();
    active(asKey("authorization", "Bearer " + key, token));
    active(asKey("authorization", "bearer " + key, token));
    active(asKey("x-api-key", key, token));
    inactive(asKey("x-api-key", key, "never"));
    ApiKey used = Objects.requireNonNull(server.stores.apiKeys().find(Fixture.TENANT, hash(key)));
    assertThat(Objects.requireNonNull(used.lastUse()).from()).isEqualTo("127.0.0.1");
  }

  @Test
  void aKeyThatMayNotAskHearsTheSameWhateverTheReason() {
    ApiKeys.Shown revoked = scoped(Set.of("introspect"));
    server.stores.apiKeys().revoke(Fixture.TENANT, revoked.key().id(), server.clock.instant());
    String token = accessToken();
    String body = null;
    for (String key :
        List.of(
            revoked.secret().reveal(),
            scoped(AdminScope.names()).secret().reveal(),
            ApiKeyFormat.generate(new TokenSource(new SecureRandom(), server.clock)).reveal())) {
      Answer refused = asKey("x-api-key", key, token);
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.text("error")).isEqualTo("invalid_client");
      String said = refused.text("error_description");
      assertThat(body == null ? said : body).isEqualTo(said);
      body = said;
    }
    Answer elsewhere =
        asKey("x-api-key", scoped(Set.of("introspect"), "192.0.2.0/24").secret().reveal(), token);
    assertThat(elsewhere.status()).isEqualTo(403);
    assertThat(elsewhere.http().body()).doesNotContain("192.0.2").doesNotContain("active");
  }

  @Test
  void aKeyAndAClientOrTwoKeysInOneRequestAreOneTooMany() {
    String key = scoped(Set.of("introspect")).secret().reveal();
    String other = scoped(Set.of("introspect")).secret().reveal();
    String token = accessToken();
    String basic = OAuthServer.basic("guard", Fixture.GUARD_SECRET);
    for (Answer answer :
        List.of(
            server.send(
                server
                    .request("/oauth/introspect")
                    .header("authorization", basic)
                    .header("x-api-key", key)
                    .POST(OAuthServer.body("token", token))),
            server.send(
                server
                    .request("/oauth/introspect")
                    .header("x-api-key", key)
                    .POST(OAuthServer.body("token", token, "client_id", "guard"))),
            server.send(
                server
                    .request("/oauth/introspect")
                    .header("authorization", "Bearer " + key)
                    .header("x-api-key", other)
                    .POST(OAuthServer.body("token", token))))) {
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text("error")).isEqualTo("invalid_request");
    }
  }

  @Test
  void aKeyInTheQueryHasLeakedHere() {
    ApiKeys.Shown key = scoped(Set.of("introspect"));
    String text = key.secret().reveal();
    Answer refused =
        server.send(
            server.request("/oauth/introspect?token=" + text).POST(OAuthServer.body("token", "x")));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.http().body()).doesNotContain(text);
    ApiKey leaked =
        Objects.requireNonNull(server.stores.apiKeys().find(Fixture.TENANT, key.key().id()));
    assertThat(Objects.requireNonNull(leaked.leak()).place())
        .isEqualTo(LeakPlace.INTROSPECTION_URL);
    assertThat(server.told.all()).hasSize(1);
  }

  @Test
  void aKeyOfTheAdminApiIsKnownToWhoSpeaksForTheTenantOnly() {
    ApiKeys.Shown key = scoped(Set.of("users:read"));
    Answer answer = active(guard(key.secret().reveal()));
    assertThat(answer.text("scope")).isEqualTo("users:read");
    assertThat(answer.text("token_type")).isEqualTo("api_key");
    assertThat(answer.text("sub")).isEqualTo(key.key().id().value());
    assertThat(answer.json().at("/aud/0").asText())
        .isEqualTo(OAuthServer.ISSUER + AdminScope.RESOURCE);
    assertThat(answer.json().path("exp").asLong())
        .isEqualTo(key.key().expiresAt().getEpochSecond());
    inactive(web(key.secret().reveal()));
  }

  @Test
  void aNarrowKeyIsWorthItsPartAndAFormerSecretEndsWithItsGrace() {
    Mandate two = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai", "anthropic");
    LlmTerms openai = new LlmTerms("openai", null, null, Limits.NONE, null);
    ApiKeys.Shown key =
        keys()
            .make(
                new ApiKeys.Wish(
                    Fixture.TENANT,
                    "k",
                    Fixture.ADA,
                    two,
                    Set.of(),
                    new KeyBounds(List.of(openai), Limits.NONE, List.of()),
                    null),
                server.clock.instant().plus(Duration.ofDays(1)),
                server.clock.instant());
    Answer answer = active(guard(key.secret().reveal()));
    assertThat(answer.json().path("authorization_details")).hasSize(1);
    assertThat(answer.json().at("/authorization_details/0/upstream").asText()).isEqualTo("openai");
    var rotated =
        (ApiKeys.Rotated.New)
            keys()
                .rotate(
                    key.key(),
                    Duration.ofMinutes(5),
                    key.key().expiresAt(),
                    null,
                    server.clock.instant());
    assertThat(active(guard(key.secret().reveal())).json().path("exp").asLong())
        .isEqualTo(server.clock.instant().plus(Duration.ofMinutes(5)).getEpochSecond());
    server.clock.advance(Duration.ofMinutes(5));
    inactive(guard(key.secret().reveal()));
    active(guard(rotated.shown().secret().reveal()));
  }
}

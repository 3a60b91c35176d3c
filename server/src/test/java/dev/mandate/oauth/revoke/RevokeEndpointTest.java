package dev.mandate.oauth.revoke;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RevokeEndpointTest {
  private OAuthServer server;
  private final List<Change> heard = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
    server.changes.subscribe(heard::add);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Mandate mandate() {
    return server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
  }

  private boolean isRevoked(Mandate mandate) {
    Mandate now = server.stores.mandates().find(Fixture.TENANT, mandate.id());
    return now != null && now.isRevoked();
  }

  private Answer revoke(String client, String token, String... more) {
    return server.post(
        "/oauth/revoke", OAuthServer.with(more, "client_id", client, "token", token));
  }

  private static void ok(Answer answer) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    assertThat(answer.http().body()).isEmpty();
  }

  private static void refused(Answer answer, int status, String error) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(status);
    assertThat(answer.text("error")).isEqualTo(error);
  }

  @Test
  void aRefreshTokenTakesTheWholeMandateWithIt() {
    Mandate mandate = mandate();
    Answer tokens = server.redeem(server.code(mandate));
    ok(revoke("app", tokens.text("refresh_token")));
    assertThat(isRevoked(mandate)).isTrue();
    assertThat(heard).contains(new Change.MandateRevoked(Fixture.TENANT, mandate.id()));
    assertThat(server.refresh(tokens.text("refresh_token")).text("error"))
        .isEqualTo("invalid_grant");
    assertThat(server.stores.audit().latest(Fixture.TENANT, 20))
        .anySatisfy(
            event -> {
              assertThat(event.type()).isEqualTo("mandate.revoked");
              assertThat(event.actor()).isEqualTo("app");
              assertThat(event.mandate()).isEqualTo(mandate.id().value());
            });
  }

  @Test
  void anAccessTokenOfAPersonsMandateTakesTheMandateWithIt() {
    Mandate mandate = mandate();
    Answer tokens = server.redeem(server.code(mandate));
    ok(revoke("app", tokens.text("access_token")));
    assertThat(isRevoked(mandate)).isTrue();
    assertThat(server.refresh(tokens.text("refresh_token")).text("error"))
        .isEqualTo("invalid_grant");
  }

  @Test
  void anAccessTokenOfAStandingMandateIsRevokedAlone() {
    Mandate mandate = server.fixture.mandate(Fixture.SERVICE, null, "", "openai");
    String[] service = {"client_id", "service", "client_secret", Fixture.SERVICE_SECRET.reveal()};
    String token =
        server
            .token(OAuthServer.with(service, "grant_type", "client_credentials"))
            .text("access_token");
    ok(server.post("/oauth/revoke", OAuthServer.with(service, "token", token)));
    assertThat(isRevoked(mandate)).isFalse();
    var claims = server.accessTokens.verify(server.issuers.root(), token);
    assertThat(server.stores.revokedTokens().live(Fixture.TENANT, server.clock.instant()))
        .containsOnlyKeys(claims.jti());
    assertThat(heard)
        .contains(new Change.TokenRevoked(Fixture.TENANT, claims.jti(), claims.expiresAt()));
    assertThat(server.token(OAuthServer.with(service, "grant_type", "client_credentials")).status())
        .isEqualTo(200);
  }

  @Test
  void aTokenOfAnotherClientIsRefusedAndStaysGood() {
    Mandate mandate = mandate();
    Answer tokens = server.redeem(server.code(mandate));
    refused(revoke("other-app", tokens.text("refresh_token")), 400, "invalid_grant");
    refused(revoke("other-app", tokens.text("access_token")), 400, "invalid_grant");
    assertThat(isRevoked(mandate)).isFalse();
    assertThat(server.refresh(tokens.text("refresh_token")).status()).isEqualTo(200);
  }

  @Test
  void anUnknownOrDeadTokenIsAsGoodAsRevoked() {
    Answer tokens = server.redeem(server.code(mandate()));
    for (String token : List.of("x", "x".repeat(43), "a.b.c", "x".repeat(20_000))) {
      ok(revoke("app", token));
    }
    server.clock.advance(Duration.ofMinutes(11));
    ok(revoke("app", tokens.text("access_token")));
    assertThat(server.refresh(tokens.text("refresh_token")).status()).isEqualTo(200);
    ok(revoke("app", tokens.text("refresh_token")));
    ok(revoke("app", tokens.text("refresh_token")));
  }

  @Test
  void theHintChangesNothing() {
    for (String hint : List.of("access_token", "refresh_token", "made_up")) {
      Mandate mandate = mandate();
      Answer tokens = server.redeem(server.code(mandate));
      ok(revoke("app", tokens.text("refresh_token"), "token_type_hint", hint));
      assertThat(isRevoked(mandate)).as(hint).isTrue();
    }
  }

  @Test
  void theClientMustBeAuthenticated() {
    Mandate mandate = server.fixture.mandate(Fixture.WEB, Fixture.ADA, "openid", "openai");
    String token = server.refreshTokens.issue(mandate, List.of(), null).reveal();
    refused(revoke("web", token), 401, "invalid_client");
    refused(revoke("web", token, "client_secret", "wrong"), 401, "invalid_client");
    refused(revoke("nobody", token), 401, "invalid_client");
    refused(server.post("/oauth/revoke", "token", token), 401, "invalid_client");
    assertThat(isRevoked(mandate)).isFalse();
    ok(revoke("web", token, "client_secret", Fixture.WEB_SECRET.reveal()));
    assertThat(isRevoked(mandate)).isTrue();
  }

  @Test
  void theTokenIsNeededOnceAndInTheBody() {
    refused(server.post("/oauth/revoke", "client_id", "app"), 400, "invalid_request");
    refused(revoke("app", "x", "token", "y"), 400, "invalid_request");
    refused(
        server.post("/oauth/revoke?token=x", "client_id", "app", "token", "x"),
        400,
        "invalid_request");
    assertThat(server.send(server.request("/oauth/revoke?token=x").GET()).status()).isEqualTo(405);
  }
}

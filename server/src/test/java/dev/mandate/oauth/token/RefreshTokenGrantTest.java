package dev.mandate.oauth.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefreshTokenGrantTest {
  private static final String OPENAI = OAuthServer.ISSUER + "/openai/v1";
  private static final String ANTHROPIC = OAuthServer.ISSUER + "/anthropic";

  private OAuthServer server;
  private Mandate mandate;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
    mandate =
        server.fixture.mandate(
            Fixture.APP, Fixture.ADA, "openid llm:openai llm:anthropic", "openai", "anthropic");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String first(String... resources) {
    Answer answer = server.redeem(server.code(mandate, resources));
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    return answer.text("refresh_token");
  }

  private String next(String token) {
    Answer answer = server.refresh(token);
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    return answer.text("refresh_token");
  }

  private static void refused(Answer answer, String error) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(400);
    assertThat(answer.text("error")).isEqualTo(error);
    assertThat(answer.json().has("access_token")).isFalse();
  }

  private boolean isRevoked() {
    Mandate now = server.stores.mandates().find(Fixture.TENANT, mandate.id());
    return now != null && now.isRevoked();
  }

  private List<String> audience(Answer answer) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    return server
        .accessTokens
        .verify(server.issuers.root(), answer.text("access_token"))
        .audience();
  }

  @Test
  void aRefreshBringsAnotherAccessTokenAndAnotherRefreshToken() {
    String first = first();
    Answer answer = server.refresh(first);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text("refresh_token")).hasSize(43).isNotEqualTo(first);
    assertThat(answer.text("scope")).isEqualTo("llm:anthropic llm:openai openid");
    assertThat(answer.json().path("authorization_details")).hasSize(2);
    assertThat(answer.json().has("id_token")).isFalse();
    assertThat(audience(answer)).containsExactly(ANTHROPIC, OPENAI, OAuthServer.USERINFO);
  }

  @Test
  void fiveParallelRefreshesGetTheSameSuccessorAndNoneDies() throws Exception {
    String first = first();
    CyclicBarrier together = new CyclicBarrier(5);
    Callable<String> refresh =
        () -> {
          together.await();
          return next(first);
        };
    Set<String> successors = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(5)) {
      for (Future<String> run :
          threads.invokeAll(Stream.generate(() -> refresh).limit(5).toList())) {
        successors.add(run.get());
      }
    }
    assertThat(successors).hasSize(1);
    next(successors.iterator().next());
    assertThat(isRevoked()).isFalse();
  }

  /// Two addresses of one agent, one of them late.
  @Test
  void theLateOneOfTwoHoldersIsRefusedWithoutHarmWithinTheGrace() {
    String first = first();
    String second = next(first);
    String third = next(second);
    server.clock.advance(Duration.ofSeconds(60));
    refused(server.refresh(first), "invalid_grant");
    assertThat(isRevoked()).isFalse();
    next(third);
  }

  @Test
  void anAnswerThatWasLostCanBeFetchedAgainMuchLater() {
    String first = first();
    String lost = next(first);
    server.clock.advance(Duration.ofDays(3));
    assertThat(next(first)).isEqualTo(lost);
    next(lost);
  }

  @Test
  void aStolenOldTokenRevokesTheMandateAfterTheGrace() {
    String first = first();
    String second = next(first);
    String third = next(second);
    server.clock.advance(Duration.ofSeconds(61));
    refused(server.refresh(first), "invalid_grant");
    assertThat(isRevoked()).isTrue();
    refused(server.refresh(third), "invalid_grant");
    assertThat(server.stores.audit().latest(Fixture.TENANT, 20))
        .anySatisfy(
            event -> {
              assertThat(event.type()).isEqualTo("mandate.revoked");
              assertThat(event.details()).containsEntry("replayed", "refresh_token");
            });
  }

  @Test
  void twoRedemptionsAreTwoFamilies() {
    String phone = first();
    String laptop = first();
    next(next(phone));
    server.clock.advance(Duration.ofMinutes(5));
    next(laptop);
    assertThat(isRevoked()).isFalse();
  }

  @Test
  void anotherClientsTokenIsRefusedAndNotRotated() {
    String first = first();
    Answer stolen =
        server.token(
            "grant_type",
            "refresh_token",
            "client_id",
            Fixture.OTHER_APP.value(),
            "refresh_token",
            first);
    refused(stolen, "invalid_grant");
    assertThat(stolen.text("error_description"))
        .isEqualTo(server.refresh("x".repeat(43)).text("error_description"));
    next(next(first));
    server.clock.advance(Duration.ofSeconds(61));
    refused(
        server.token(
            "grant_type",
            "refresh_token",
            "client_id",
            Fixture.OTHER_APP.value(),
            "refresh_token",
            first),
        "invalid_grant");
    assertThat(isRevoked()).isFalse();
  }

  @Test
  void scopeMayNarrowButNotWiden() {
    String first = first();
    refused(server.refresh(first, "scope", "openid profile"), "invalid_scope");
    refused(server.refresh(first, "scope", "admin"), "invalid_scope");
    Answer narrow = server.refresh(first, "scope", "openid llm:openai");
    assertThat(narrow.text("scope")).isEqualTo("llm:openai openid");
    assertThat(audience(narrow)).containsExactly(OPENAI, OAuthServer.USERINFO);
    assertThat(narrow.json().path("authorization_details")).hasSize(1);
    Answer wide = server.refresh(narrow.text("refresh_token"));
    assertThat(wide.text("scope")).isEqualTo("llm:anthropic llm:openai openid");
  }

  @Test
  void resourceMayNarrowButNotWiden() {
    String first = first(OPENAI);
    refused(server.refresh(first, "resource", ANTHROPIC), "invalid_target");
    refused(server.refresh(first, "resource", "https://evil.example"), "invalid_target");
    assertThat(audience(server.refresh(first, "resource", OPENAI))).containsExactly(OPENAI);
    assertThat(audience(server.refresh(first))).containsExactly(OPENAI);
  }

  @Test
  void aRefusedRequestDoesNotRotate() {
    String first = first();
    refused(server.refresh(first, "scope", "profile"), "invalid_scope");
    refused(server.refresh(first, "resource", "https://evil.example"), "invalid_target");
    refused(server.refresh(first, "authorization_details", "[]"), "invalid_authorization_details");
    String second = next(first);
    next(second);
    refused(server.refresh(first), "invalid_grant");
  }

  @Test
  void aMissingAnUnknownAndAnOversizedTokenAreRefused() {
    refused(server.token("grant_type", "refresh_token", "client_id", "app"), "invalid_request");
    for (String token : List.of("x", "x".repeat(43), "é*%", "x".repeat(5_000))) {
      refused(server.refresh(token), "invalid_grant");
    }
  }

  @Test
  void anUnusedTokenExpires() {
    String first = first();
    server.clock.advance(Duration.ofDays(30));
    refused(server.refresh(first), "invalid_grant");
    assertThat(isRevoked()).isFalse();
  }

  @Test
  void noRefreshOutlivesTheMandate() {
    String token = first();
    for (int day = 0; day < 59; day += 20) {
      server.clock.advance(Duration.ofDays(19));
      token = next(token);
    }
    server.clock.advance(Duration.ofDays(3));
    refused(server.refresh(token), "invalid_grant");
  }

  @Test
  void aRevokedMandateRefreshesNothing() {
    String first = first();
    server.stores.mandates().revoke(Fixture.TENANT, mandate.id(), server.clock.instant());
    refused(server.refresh(first), "invalid_grant");
  }

  @Test
  void aSuspendedMandateRefreshesAgainAfterwards() {
    String first = first();
    server.stores.users().setDisabled(Fixture.TENANT, Fixture.ADA, true);
    refused(server.refresh(first), "invalid_grant");
    server.stores.users().setDisabled(Fixture.TENANT, Fixture.ADA, false);
    next(first);
  }

  @Test
  void theDetailsAreWhatIsLeftToday() {
    String first = first();
    server
        .stores
        .users()
        .saveEntitlements(
            Fixture.TENANT,
            dev.mandate.domain.user.Role.MEMBER,
            List.of(dev.mandate.domain.access.LlmTerms.unbounded("openai")));
    Answer answer = server.refresh(first);
    assertThat(answer.json().path("authorization_details")).hasSize(1);
    assertThat(answer.json().path("authorization_details").get(0).path("upstream").asText())
        .isEqualTo("openai");
  }

  @Test
  void theStoreHoldsNoTokenInTheClear(@TempDir Path folder) throws Exception {
    String first;
    String second;
    try (OAuthServer other = new OAuthServer(folder)) {
      Mandate given = other.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
      first = other.redeem(other.code(given)).text("refresh_token");
      second = other.refresh(first).text("refresh_token");
    }
    try (Stream<Path> files = java.nio.file.Files.list(folder)) {
      for (Path file : files.toList()) {
        String bytes =
            java.nio.file.Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1);
        assertThat(bytes.contains(first)).as(file.toString()).isFalse();
        assertThat(bytes.contains(second)).as(file.toString()).isFalse();
        assertThat(bytes.contains("\"d\":\"")).as("a private key in " + file).isFalse();
      }
    }
  }
}

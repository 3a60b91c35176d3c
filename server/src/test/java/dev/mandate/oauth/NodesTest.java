package dev.mandate.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.session.Session;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Postgres;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two authorization servers on one PostgreSQL database are one.
class NodesTest {
  private static final int ROUNDS = 10;

  @TempDir private Path folder;
  private OAuthServer a;
  private OAuthServer b;

  @BeforeEach
  void start() {
    DatabaseUrl database = Postgres.database();
    a = new OAuthServer(folder.resolve("a"), database);
    b = new OAuthServer(folder.resolve("b"), database);
  }

  @AfterEach
  void stop() {
    a.close();
    b.close();
  }

  private Mandate given() {
    return a.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai", "anthropic");
  }

  /// The same at both nodes, at the same time, twice each.
  private List<Answer> atBoth(Function<OAuthServer, Answer> attempt) throws Exception {
    CyclicBarrier together = new CyclicBarrier(4);
    List<Callable<Answer>> attempts = new ArrayList<>();
    for (OAuthServer node : List.of(a, b, a, b)) {
      attempts.add(
          () -> {
            together.await();
            return attempt.apply(node);
          });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Answer> answers = new ArrayList<>();
      for (Future<Answer> answer : threads.invokeAll(attempts)) {
        answers.add(answer.get());
      }
      return answers;
    }
  }

  @Test
  void aCodeOfOneNodeIsRedeemedOnceAtWhicheverOfBoth() throws Exception {
    assertThat(b.redeem(a.code(given())).status()).isEqualTo(200);
    for (int round = 0; round < ROUNDS; round++) {
      String code = a.code(given());
      assertThat(atBoth(node -> node.redeem(code)))
          .extracting(Answer::status)
          .containsExactlyInAnyOrder(200, 400, 400, 400);
    }
  }

  @Test
  void aTokenThatIsRefreshedAtBothNodesHasOneSuccessor() throws Exception {
    String token = a.redeem(a.code(given())).text("refresh_token");
    for (int round = 0; round < ROUNDS; round++) {
      String last = token;
      List<Answer> answers = atBoth(node -> node.refresh(last));
      assertThat(answers).extracting(Answer::status).containsOnly(200);
      assertThat(answers.stream().map(answer -> answer.text("refresh_token")).distinct())
          .hasSize(1);
      token = answers.getFirst().text("refresh_token");
    }
  }

  @Test
  void bothSignWithTheSameKeysThoughTheyStartTogether() {
    String token = a.redeem(a.code(given())).text("access_token");
    assertThat(b.accessTokens.authentic(b.issuers.root(), token)).isNotNull();
    assertThat(b.send(b.request("/oauth/jwks").GET()).json())
        .isEqualTo(a.send(a.request("/oauth/jwks").GET()).json());
  }

  @Test
  void aSessionOfOneNodeIsValidAtTheOtherAndEndsForBoth() {
    TokenHash cookie = TokenHash.of(Secret.of("cookie"));
    Instant now = a.clock.instant();
    a.stores
        .sessions()
        .insert(new Session(Fixture.TENANT, cookie, Fixture.ADA, now, now.plusSeconds(60)));
    assertThat(b.stores.sessions().find(Fixture.TENANT, cookie, now)).isNotNull();
    b.stores.sessions().delete(Fixture.TENANT, cookie);
    assertThat(a.stores.sessions().find(Fixture.TENANT, cookie, now)).isNull();
  }

  @Test
  void aMandateThatIsRevokedAtOneNodeEndsTheRefreshTokensOfTheOther() {
    Mandate mandate = given();
    String token = b.redeem(a.code(mandate)).text("refresh_token");
    a.stores.mandates().revoke(Fixture.TENANT, mandate.id(), a.clock.instant());
    Answer refused = b.refresh(token);
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text("error")).isEqualTo("invalid_grant");
  }
}

package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.token.RefreshToken;
import dev.mandate.domain.token.RefreshTokenStore.Rotation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

abstract class RefreshTokenStoreContract extends StoreContract {
  private static final Duration LIFETIME = Duration.ofDays(7);

  RefreshTokenStoreContract(Opening opening) {
    super(opening);
  }

  static RefreshToken token(Mandate mandate, String family, String token) {
    return new RefreshToken(
        mandate.tenant(),
        hash(token),
        family,
        mandate.client(),
        mandate.id(),
        List.of("https://a.test"),
        NOW.plus(LIFETIME),
        "thumbprint");
  }

  private static byte[] sealed(String successor) {
    return ("sealed " + successor).getBytes(StandardCharsets.UTF_8);
  }

  /// Presents a token and proposes a successor.
  private Rotation rotate(String presented, String successor, Instant now) {
    return stores
        .refreshTokens()
        .rotate(ACME, hash(presented), hash(successor), sealed(successor), now, now.plus(LIFETIME));
  }

  private static void assertRepeats(Rotation rotation, String successor) {
    assertThat(rotation).isInstanceOf(Rotation.Repeated.class);
    assertThat(((Rotation.Repeated) rotation).sealedSuccessor()).isEqualTo(sealed(successor));
  }

  @Test
  void aFirstRotationStoresTheSuccessorWithEverythingOfItsPredecessor() {
    RefreshToken first = token(given("mandate_1"), "family", "t1");
    stores.refreshTokens().insert(first);
    assertThat(rotate("t1", "t2", NOW.plusSeconds(5))).isEqualTo(new Rotation.Rotated(first));
    assertThat(stores.refreshTokens().find(ACME, hash("t2")))
        .isEqualTo(
            new RefreshToken(
                ACME,
                hash("t2"),
                "family",
                first.client(),
                first.mandate(),
                first.resources(),
                NOW.plusSeconds(5).plus(LIFETIME),
                "thumbprint"));
    assertThat(stores.refreshTokens().find(ACME, hash("t1"))).isEqualTo(first);
  }

  @Test
  void aLostAnswerIsRepeatedAsOftenAsNeededUntilTheSuccessorIsUsed() {
    stores.refreshTokens().insert(token(given("mandate_1"), "family", "t1"));
    rotate("t1", "t2", NOW);
    assertRepeats(rotate("t1", "other", NOW.plusSeconds(3600)), "t2");
    assertRepeats(rotate("t1", "another", NOW.plus(Duration.ofDays(3))), "t2");
    assertThat(stores.refreshTokens().find(ACME, hash("other"))).isNull();
    assertThat(rotate("t2", "t3", NOW.plus(Duration.ofDays(4))))
        .isInstanceOf(Rotation.Rotated.class);
  }

  @Test
  void afterTheSuccessorsFirstUseThePredecessorIsRefusedForAMinuteAndThenTakenForStolen() {
    Mandate mandate = given("mandate_1");
    stores.refreshTokens().insert(token(mandate, "family", "t1"));
    rotate("t1", "t2", NOW);
    rotate("t2", "t3", NOW.plusSeconds(100));
    assertThat(rotate("t1", "x", NOW.plusSeconds(100))).isEqualTo(new Rotation.Superseded());
    assertThat(rotate("t1", "x", NOW.plusSeconds(160))).isEqualTo(new Rotation.Superseded());
    assertThat(rotate("t1", "x", NOW.plusSeconds(160).plusMillis(1)))
        .isEqualTo(new Rotation.Reused(mandate.id()));
    // Refusing changed nothing.
    assertRepeats(rotate("t2", "x", NOW.plusSeconds(200)), "t3");
  }

  @Test
  void theFirstUseOfASuccessorErasesItsSealedCopy() {
    stores.refreshTokens().insert(token(given("mandate_1"), "family", "t1"));
    rotate("t1", "t2", NOW);
    assertThat(sealedCopies()).isEqualTo(1);
    rotate("t2", "t3", NOW);
    assertThat(sealedCopies()).isEqualTo(1);
    assertRepeats(rotate("t2", "x", NOW), "t3");
  }

  private int sealedCopies() {
    return stores
        .database()
        .read(
            handle ->
                handle
                    .createQuery(
                        "SELECT COUNT(*) AS n FROM refresh_tokens WHERE sealed_successor IS NOT"
                            + " NULL")
                    .map((row, _) -> row.getInt("n"))
                    .one());
  }

  @Test
  void unknownExpiredAndRevokedTokensAreUnknown() {
    Mandate mandate = given("mandate_1");
    stores.refreshTokens().insert(token(mandate, "family", "t1"));
    assertThat(rotate("never", "x", NOW)).isEqualTo(new Rotation.Unknown());
    assertThat(rotate("t1", "x", NOW.plus(LIFETIME))).isEqualTo(new Rotation.Unknown());
    stores.mandates().revoke(ACME, mandate.id(), NOW);
    assertThat(rotate("t1", "x", NOW)).isEqualTo(new Rotation.Unknown());
    assertThat(stores.refreshTokens().find(ACME, hash("t1"))).isNull();
    assertThat(stores.refreshTokens().find(ACME, hash("x"))).isNull();
  }

  @Test
  void familiesOfOneMandateDoNotTouchEachOther() {
    Mandate mandate = given("mandate_1");
    stores.refreshTokens().insert(token(mandate, "laptop", "t1"));
    stores.refreshTokens().insert(token(mandate, "phone", "p1"));
    rotate("t1", "t2", NOW);
    rotate("t2", "t3", NOW);
    assertThat(rotate("p1", "p2", NOW.plusSeconds(600))).isInstanceOf(Rotation.Rotated.class);
  }

  @Test
  void racingRefreshesAllGetTheSameSuccessor() {
    Mandate mandate = given("mandate_1");
    for (int round = 0; round < 20; round++) {
      String presented = "t" + round;
      stores.refreshTokens().insert(token(mandate, "family " + round, presented));
      List<Rotation> rotations = race(RACERS, i -> rotate(presented, presented + "." + i, NOW));
      assertThat(rotations).filteredOn(r -> r instanceof Rotation.Rotated).hasSize(1);
      int winner =
          rotations.indexOf(
              rotations.stream()
                  .filter(r -> r instanceof Rotation.Rotated)
                  .findFirst()
                  .orElseThrow());
      for (int i = 0; i < RACERS; i++) {
        if (i != winner) {
          assertRepeats(rotations.get(i), presented + "." + winner);
          assertThat(stores.refreshTokens().find(ACME, hash(presented + "." + i))).isNull();
        }
      }
    }
  }

  @Test
  void aPredecessorThatRacesItsSuccessorIsNeverTakenForStolen() {
    Mandate mandate = given("mandate_1");
    for (int round = 0; round < 20; round++) {
      String first = "a" + round;
      String second = "b" + round;
      stores.refreshTokens().insert(token(mandate, "family " + round, first));
      rotate(first, second, NOW);
      String suffix = "c" + round;
      List<Rotation> rotations =
          race(RACERS, i -> rotate(i % 2 == 0 ? first : second, suffix + "." + i, NOW));
      for (int i = 0; i < RACERS; i++) {
        Rotation rotation = rotations.get(i);
        if (i % 2 == 0 && rotation instanceof Rotation.Repeated) {
          assertRepeats(rotation, second);
        } else if (i % 2 == 0) {
          assertThat(rotation).isEqualTo(new Rotation.Superseded());
        } else {
          assertThat(rotation).isInstanceOfAny(Rotation.Rotated.class, Rotation.Repeated.class);
        }
      }
    }
  }

  @Test
  void aFamilyThatIsRevokedWhileItRotatesIsDeadWithItsNewestToken() {
    for (int round = 0; round < 20; round++) {
      Mandate mandate = given("mandate_" + round);
      String presented = "t" + round;
      String successor = "s" + round;
      stores.refreshTokens().insert(token(mandate, "family " + round, presented));
      race(
          2,
          i ->
              i == 0
                  ? rotate(presented, successor, NOW)
                  : stores.mandates().revoke(ACME, mandate.id(), NOW));
      assertThat(stores.refreshTokens().find(ACME, hash(presented))).isNull();
      assertThat(stores.refreshTokens().find(ACME, hash(successor))).isNull();
      assertThat(rotate(successor, "x", NOW)).isEqualTo(new Rotation.Unknown());
    }
  }
}

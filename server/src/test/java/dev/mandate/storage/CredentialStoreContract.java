package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.credential.CredentialLifeStore;
import dev.mandate.domain.credential.CredentialPolicy;
import dev.mandate.domain.credential.CredentialState;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Added;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.credential.Rotation;
import dev.mandate.domain.credential.Rotation.Step;
import dev.mandate.domain.credential.RotationStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.user.UserId;
import dev.mandate.testing.Upstreams;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class CredentialStoreContract extends StoreContract {
  private static final Upstream OPENAI = Upstreams.openai(ACME, URI.create("https://openai.test"));

  CredentialStoreContract(Opening opening) {
    super(opening);
  }

  private static Stored credential(String id, Instant createdAt) {
    return Stored.fresh(ACME, id, "openai", new byte[] {4, 5}, "hint", createdAt);
  }

  private static Stored own(String id, UserId owner) {
    return Stored.fresh(ACME, id, "openai", owner, new byte[] {4, 5}, "", 1, NOW);
  }

  private String current() {
    return Objects.requireNonNull(stores.credentials().current(ACME, "openai")).id();
  }

  private CredentialState state(String id) {
    return Objects.requireNonNull(stores.credentialLives().find(ACME, id)).state();
  }

  private List<String> taking(@Nullable UserId owner) {
    return stores.credentials().live(ACME, "openai", owner).stream()
        .filter(Stored::takesCalls)
        .map(Stored::id)
        .toList();
  }

  private Added add(Stored credential, boolean alone) {
    return stores.credentials().add(OPENAI.origin(), credential, alone);
  }

  private void policy(OwnCredentials own) {
    CredentialPolicy now = stores.credentialPolicies().policy(ACME, "openai");
    CredentialPolicy next = new CredentialPolicy(ACME, "openai", own, null, null, null, "");
    assertThat(stores.credentialPolicies().replace(OPENAI.origin(), now, next)).isTrue();
  }

  @Test
  void theOneThatIsAddedTakesAllCallsAndTheOthersDrain() {
    stores.credentials().insert(credential("cred_1", NOW));
    stores.credentials().insert(credential("cred_2", NOW));
    assertThat(current()).isEqualTo("cred_2");
    assertThat(state("cred_1")).isEqualTo(CredentialState.DRAINING);
    assertThat(stores.credentials().current(ACME, "anthropic")).isNull();
    assertThat(heard)
        .containsExactly(new Change.PolicyChanged(ACME), new Change.PolicyChanged(ACME));
  }

  @Test
  void ofRacingOnesThatWantAllCallsExactlyOneHasThem() {
    race(
        RACERS,
        i -> {
          stores.credentials().insert(credential("cred_" + i, NOW));
          return i;
        });
    assertThat(taking(null)).hasSize(1);
    assertThat(stores.credentials().page(ACME, "openai", null, 100)).hasSize(RACERS);
    race(RACERS, i -> stores.credentials().activate(ACME, "openai", "cred_" + i, NOW));
    assertThat(taking(null)).hasSize(1).containsExactly(current());
  }

  @Test
  void weightsPutSeveralIntoUse() {
    stores.upstreams().save(OPENAI);
    assertThat(add(credential("cred_1", NOW), false)).isEqualTo(Added.DONE);
    assertThat(add(credential("cred_2", NOW), false)).isEqualTo(Added.DONE);
    assertThat(stores.credentials().weigh(ACME, "openai", "cred_2", 7, NOW)).isTrue();
    assertThat(taking(null)).containsExactly("cred_1", "cred_2");
    assertThat(stores.credentials().live(ACME, "openai", null))
        .extracting(Stored::weight)
        .containsExactly(1, 7);
    stores.credentials().weigh(ACME, "openai", "cred_1", 0, NOW);
    assertThat(taking(null)).containsExactly("cred_2");
    stores.credentials().activate(ACME, "openai", "cred_1", NOW);
    assertThat(taking(null)).containsExactly("cred_1");
    assertThat(state("cred_2")).isEqualTo(CredentialState.DRAINING);
    assertThat(stores.credentials().weigh(ACME, "openai", "none", 1, NOW)).isFalse();
    assertThat(stores.credentials().activate(GLOBEX, "openai", "cred_1", NOW)).isFalse();
  }

  @Test
  void theOneThatWasActivatedLastIsCurrentWhateverTheClocksSay() {
    stores.upstreams().save(OPENAI);
    assertThat(add(credential("cred_1", NOW.plusSeconds(60)), true)).isEqualTo(Added.DONE);
    assertThat(add(credential("cred_2", NOW), false)).isEqualTo(Added.DONE);
    stores.credentials().weigh(ACME, "openai", "cred_2", 1, NOW);
    assertThat(current()).isEqualTo("cred_2");
  }

  @Test
  void whatIsRemovedIsCutAndNothingTakesItsPlace() {
    stores.upstreams().save(OPENAI);
    add(credential("cred_1", NOW), true);
    add(credential("cred_2", NOW), true);
    heard.clear();
    assertThat(stores.credentials().delete(ACME, "openai", "cred_2")).isTrue();
    assertThat(heard).containsExactly(new Change.CredentialRevoked(ACME, "cred_2"));
    assertThat(stores.credentials().current(ACME, "openai")).isNull();
    assertThat(stores.credentials().delete(ACME, "openai", "cred_2")).isFalse();
  }

  @Test
  void aDrainingOneRetiresWhenItIsQuietOrItsTimeIsOver() {
    stores.upstreams().save(OPENAI);
    add(credential("quiet", NOW), false);
    add(credential("busy", NOW), false);
    for (String id : List.of("quiet", "busy")) {
      assertThat(stores.credentials().drain(ACME, "openai", id, NOW)).isTrue();
    }
    assertThat(stores.credentialLives().tenants()).containsExactly(ACME);
    Instant later = NOW.plus(CredentialLifeStore.DRAIN_QUIET);
    stores.credentialLives().busy(ACME, List.of("busy", "gone"), later);
    heard.clear();
    assertThat(ids(stores.credentialLives().retire(ACME, later))).containsExactly("quiet");
    assertThat(heard).containsExactly(new Change.CredentialRevoked(ACME, "quiet"));
    Instant end = NOW.plus(CredentialStore.DRAIN_MAX);
    stores.credentialLives().busy(ACME, List.of("busy"), end);
    assertThat(ids(stores.credentialLives().retire(ACME, end))).containsExactly("busy");
    assertThat(state("busy")).isEqualTo(CredentialState.RETIRED);
    assertThat(stores.credentials().drain(ACME, "openai", "busy", end)).isTrue();
    assertThat(state("busy")).isEqualTo(CredentialState.RETIRED);
  }

  private static List<String> ids(Collection<Stored> stored) {
    return stored.stream().map(Stored::id).toList();
  }

  @Test
  void ofRacingRejectionsOneCountsAndTheTestsAreFewAndFurtherApart() {
    stores.upstreams().save(OPENAI);
    add(credential("cred_1", NOW), true);
    CredentialLifeStore lives = stores.credentialLives();
    assertThat(race(RACERS, _ -> lives.reject(ACME, "cred_1", "rejected", NOW)))
        .containsOnlyOnce(true);
    assertThat(taking(null)).isEmpty();
    assertThat(lives.takeRetries(ACME, NOW, 10)).isEmpty();
    Instant due = NOW;
    int tests = 0;
    for (int i = 0; i < 100; i++) {
      due = due.plus(CredentialLifeStore.RETRY_MAX);
      Instant at = due;
      List<List<Stored>> taken = race(2, _ -> lives.takeRetries(ACME, at, 10));
      assertThat(taken.getFirst().size() + taken.getLast().size()).isLessThan(2);
      tests += taken.getFirst().size() + taken.getLast().size();
      lives.stillRejected(ACME, "cred_1", due);
      if (tests >= 3) {
        break;
      }
    }
    assertThat(tests).isEqualTo(3);
    assertThat(Objects.requireNonNull(lives.find(ACME, "cred_1")).rejections()).isEqualTo(4);
    assertThat(lives.recover(ACME, "cred_1", due)).isTrue();
    assertThat(lives.recover(ACME, "cred_1", due)).isFalse();
    assertThat(taking(null)).containsExactly("cred_1");
  }

  @Test
  void afterSoManyTestsARejectedOneStaysUntilSomebodyPutsItIntoUse() {
    assertThat(CredentialLifeStore.retryAfter(1)).isEqualTo(CredentialLifeStore.RETRY_FIRST);
    assertThat(CredentialLifeStore.retryAfter(CredentialLifeStore.RETRIES_MAX))
        .isEqualTo(CredentialLifeStore.RETRY_MAX);
    assertThat(CredentialLifeStore.retryAfter(CredentialLifeStore.RETRIES_MAX + 1)).isNull();
    stores.upstreams().save(OPENAI);
    add(credential("cred_1", NOW), true);
    stores.credentialLives().reject(ACME, "cred_1", "rejected", NOW);
    for (int i = 0; i < CredentialLifeStore.RETRIES_MAX; i++) {
      stores.credentialLives().stillRejected(ACME, "cred_1", NOW);
    }
    assertThat(stores.credentialLives().takeRetries(ACME, NOW.plus(Duration.ofDays(9)), 1))
        .isEmpty();
    stores.credentials().activate(ACME, "openai", "cred_1", NOW);
    assertThat(Objects.requireNonNull(stores.credentialLives().find(ACME, "cred_1")).rejections())
        .isZero();
  }

  @Test
  void nothingIsKeptForAnUpstreamThatIsElsewhere() {
    stores.upstreams().save(Upstreams.openai(ACME, URI.create("https://elsewhere.test")));
    assertThat(add(credential("cred_1", NOW), true)).isEqualTo(Added.ELSEWHERE);
    assertThat(stores.credentials().current(ACME, "openai")).isNull();
  }

  @Test
  void anUpstreamThatMovesWhileACredentialIsAddedNeverGetsIt() {
    Upstream there = Upstreams.openai(ACME, URI.create("https://there.test"));
    stores.upstreams().save(OPENAI);
    List<Boolean> done =
        race(
            2,
            i ->
                i == 0
                    ? add(credential("cred_1", NOW), true) == Added.DONE
                    : stores.upstreams().replace(OPENAI, there) == UpstreamStore.Replaced.DONE);
    assertThat(done).containsOnlyOnce(true);
  }

  @Test
  void anUpstreamDoesNotMoveWithAnAdminSecretOrAPersonsOwnKey() {
    Upstream there = Upstreams.openai(ACME, URI.create("https://there.test"));
    stores.upstreams().save(OPENAI);
    policy(OwnCredentials.ALLOWED);
    assertThat(add(own("cred_1", mia.id()), true)).isEqualTo(Added.DONE);
    assertThat(stores.upstreams().replace(OPENAI, there))
        .isEqualTo(UpstreamStore.Replaced.HAS_CREDENTIALS);
    stores.credentials().deleteOwn(ACME, mia.id(), "cred_1");
    CredentialPolicy now = stores.credentialPolicies().policy(ACME, "openai");
    CredentialPolicy makes =
        new CredentialPolicy(
            ACME, "openai", OwnCredentials.OFF, 30, "proj_1", new byte[] {1}, "hint");
    assertThat(stores.credentialPolicies().replace(there.origin(), now, makes)).isFalse();
    assertThat(stores.credentialPolicies().replace(OPENAI.origin(), makes, makes)).isFalse();
    assertThat(stores.credentialPolicies().replace(OPENAI.origin(), now, makes)).isTrue();
    assertThat(stores.upstreams().replace(OPENAI, there))
        .isEqualTo(UpstreamStore.Replaced.HAS_CREDENTIALS);
    assertThat(stores.credentialPolicies().scheduling()).containsExactly(ACME);
  }

  @Test
  void anOwnerHasSoManyForAnUpstream() {
    stores.upstreams().save(OPENAI);
    for (int i = 0; i < CredentialStore.VERSIONS_MAX; i++) {
      assertThat(add(credential("cred_" + i, NOW), false)).isEqualTo(Added.DONE);
    }
    assertThat(add(credential("more", NOW), false)).isEqualTo(Added.TOO_MANY);
    stores.credentials().drain(ACME, "openai", "cred_7", NOW);
    assertThat(add(credential("more", NOW), false)).isEqualTo(Added.TOO_MANY);
    stores.credentialLives().retire(ACME, NOW.plus(CredentialStore.DRAIN_MAX));
    assertThat(add(credential("more", NOW), false)).isEqualTo(Added.DONE);
    assertThat(stores.credentialLives().find(ACME, "cred_7")).isNull();
  }

  @Test
  void aPersonsOwnIsNeitherTheTenantsNorAnotherPersons() {
    stores.upstreams().save(OPENAI);
    assertThat(add(own("mias", mia.id()), true)).isEqualTo(Added.NOT_ALLOWED);
    policy(OwnCredentials.ALLOWED);
    add(credential("tenants", NOW), true);
    assertThat(add(own("mias", mia.id()), true)).isEqualTo(Added.DONE);
    assertThat(add(own("nobodys", new UserId("user_none")), true)).isEqualTo(Added.NOT_ALLOWED);
    assertThat(taking(null)).containsExactly("tenants");
    assertThat(taking(mia.id())).containsExactly("mias");
    CredentialStore store = stores.credentials();
    assertThat(store.find(ACME, "openai", "mias")).isNull();
    assertThat(ids(store.page(ACME, "openai", null, 10))).containsExactly("tenants");
    assertThat(store.activate(ACME, "openai", "mias", NOW)).isFalse();
    assertThat(store.weigh(ACME, "openai", "mias", 5, NOW)).isFalse();
    assertThat(store.drain(ACME, "openai", "mias", NOW)).isFalse();
    assertThat(store.delete(ACME, "openai", "mias")).isFalse();
    assertThat(store.deleteOwn(ACME, new UserId("user_other"), "mias")).isFalse();
    assertThat(store.deleteOwn(ACME, mia.id(), "tenants")).isFalse();
    assertThat(store.own(GLOBEX, mia.id())).isEmpty();
    assertThat(store.deleteOwn(ACME, mia.id(), "mias")).isTrue();
  }

  @Test
  void whoIsDisabledLosesTheirOwnAtOnce() {
    stores.upstreams().save(OPENAI);
    policy(OwnCredentials.REQUIRED);
    add(own("mias", mia.id()), true);
    heard.clear();
    stores.users().setDisabled(ACME, mia.id(), true);
    assertThat(stores.credentials().own(ACME, mia.id())).isEmpty();
    assertThat(heard)
        .containsExactlyInAnyOrder(
            new Change.UserChanged(ACME, mia.id()), new Change.CredentialRevoked(ACME, "mias"));
    assertThat(add(own("again", mia.id()), true)).isEqualTo(Added.NOT_ALLOWED);
  }

  @Test
  void whoIsDisabledWhileTheyAddOneNeverHasIt() {
    stores.upstreams().save(OPENAI);
    policy(OwnCredentials.ALLOWED);
    race(
        2,
        i ->
            i == 0
                ? add(own("mias", mia.id()), true) == Added.DONE
                : stores.users().setDisabled(ACME, mia.id(), true));
    assertThat(stores.credentials().own(ACME, mia.id())).isEmpty();
  }

  @Test
  void anUpstreamThatIsDeletedTakesAllCredentialsWithIt() {
    stores.upstreams().save(OPENAI);
    policy(OwnCredentials.ALLOWED);
    add(credential("tenants", NOW), true);
    add(own("mias", mia.id()), true);
    heard.clear();
    assertThat(stores.upstreams().delete(OPENAI)).isTrue();
    assertThat(heard)
        .contains(
            new Change.CredentialRevoked(ACME, "tenants"),
            new Change.CredentialRevoked(ACME, "mias"));
    assertThat(stores.credentials().own(ACME, mia.id())).isEmpty();
  }

  @Test
  void useAndAgeAreKnown() {
    stores.upstreams().save(OPENAI);
    add(credential("cred_1", NOW), true);
    stores.credentialLives().used(ACME, Map.of("cred_1", NOW.plusSeconds(5)));
    stores.credentialLives().used(ACME, Map.of("cred_1", NOW));
    assertThat(Objects.requireNonNull(stores.credentialLives().find(ACME, "cred_1")).lastUsedAt())
        .isEqualTo(NOW.plusSeconds(5));
    stores.credentialLives().used(GLOBEX, Map.of("cred_1", NOW.plusSeconds(9)));
    assertThat(ids(stores.credentialLives().takingCallsSince(ACME, NOW.plusMillis(1))))
        .containsExactly("cred_1");
    assertThat(stores.credentialLives().takingCallsSince(ACME, NOW)).isEmpty();
    assertThat(Set.copyOf(heard)).hasSize(1);
  }

  private static Rotation rotation(String id, String replaces) {
    return new Rotation(
        ACME, "openai", id, replaces, null, null, null, Step.MAKING, NOW, 0, NOW, null);
  }

  @Test
  void ofRacingRotationsOneBeginsAndOneHolderHasEachStep() {
    stores.upstreams().save(OPENAI);
    add(credential("old", NOW), true);
    RotationStore rotations = stores.rotations();
    assertThat(rotations.begin(rotation("rot_0", "none"))).isFalse();
    assertThat(race(RACERS, i -> rotations.begin(rotation("rot_" + i, "old"))))
        .containsOnlyOnce(true);
    List<List<Rotation>> taken =
        race(RACERS, i -> rotations.take("holder_" + i, NOW, Duration.ofMinutes(1), 10));
    assertThat(taken.stream().filter(list -> !list.isEmpty())).hasSize(1);
    String holder =
        "holder_" + taken.indexOf(taken.stream().filter(l -> !l.isEmpty()).findFirst().get());
    Rotation held = taken.stream().flatMap(List::stream).findFirst().get();
    Stored fresh = Stored.fresh(ACME, "new", "openai", null, new byte[] {1}, "", 0, NOW);
    assertThat(rotations.holds(held, "holder_x")).isFalse();
    assertThat(rotations.made(held, "holder_x", fresh, NOW)).isFalse();
    assertThat(rotations.made(held, holder, fresh, NOW)).isTrue();
    assertThat(rotations.made(held, holder, fresh, NOW)).isFalse();
    assertThat(taking(null)).containsExactly("old");
    Rotation testing = take("next");
    assertThat(testing.step()).isEqualTo(Step.TESTING);
    assertThat(rotations.moved(testing, holder, NOW)).isFalse();
    assertThat(rotations.moved(testing, "next", NOW)).isTrue();
    assertThat(taking(null)).containsExactly("new");
    assertThat(state("old")).isEqualTo(CredentialState.DRAINING);
    Rotation draining = take("next");
    assertThat(rotations.next(draining, "next", Step.DELETING, null, NOW)).isTrue();
    assertThat(rotations.begin(rotation("rot_9", "new"))).isFalse();
    assertThat(rotations.finish(take("last"), "last")).isTrue();
    // Entered by hand, so it was not deleted at the provider and stays here.
    assertThat(stores.credentialLives().find(ACME, "old")).isNotNull();
    assertThat(rotations.begin(rotation("rot_9", "new"))).isTrue();
  }

  private Rotation take(String holder) {
    return stores.rotations().take(holder, NOW, Duration.ofMinutes(1), 10).getFirst();
  }

  @Test
  void aRotationThatFailsLeavesNothingAndMakesRoom() {
    stores.upstreams().save(OPENAI);
    add(credential("old", NOW), true);
    RotationStore rotations = stores.rotations();
    rotations.begin(rotation("rot_1", "old"));
    Stored fresh = Stored.fresh(ACME, "new", "openai", null, new byte[] {1}, "", 0, NOW);
    rotations.made(take("a"), "a", fresh, NOW);
    assertThat(rotations.again(take("a"), "a", "not yet", NOW.plusSeconds(5))).isTrue();
    assertThat(rotations.take("a", NOW, Duration.ZERO, 10)).isEmpty();
    Rotation later = rotations.take("a", NOW.plusSeconds(5), Duration.ofMinutes(1), 10).getFirst();
    assertThat(later.tries()).isEqualTo(1);
    assertThat(later.lastError()).isEqualTo("not yet");
    rotations.next(later, "a", Step.UNDOING, "given up", NOW);
    heard.clear();
    assertThat(rotations.undone(take("a"), "a", "given up", NOW.plusSeconds(60))).isTrue();
    assertThat(heard).containsExactly(new Change.CredentialRevoked(ACME, "new"));
    assertThat(stores.credentialLives().find(ACME, "new")).isNull();
    assertThat(rotations.take("a", NOW.plusSeconds(99), Duration.ZERO, 10)).isEmpty();
    assertThat(taking(null)).containsExactly("old");
    assertThat(rotations.begin(rotation("rot_2", "old"))).isTrue();
  }
}

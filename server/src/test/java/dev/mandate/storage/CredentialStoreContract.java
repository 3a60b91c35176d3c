package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.testing.Upstreams;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

abstract class CredentialStoreContract extends StoreContract {
  CredentialStoreContract(Opening opening) {
    super(opening);
  }

  private static Stored credential(String id, Instant createdAt) {
    return new Stored(ACME, id, "openai", new byte[] {4, 5}, "hint", createdAt, createdAt);
  }

  private String current() {
    return Objects.requireNonNull(stores.credentials().current(ACME, "openai")).id();
  }

  @Test
  void theYoungestCredentialIsCurrent() {
    stores.credentials().insert(credential("cred_2", NOW.plusSeconds(1)));
    stores.credentials().insert(credential("cred_1", NOW));
    assertThat(current()).isEqualTo("cred_2");
    assertThat(stores.credentials().current(ACME, "anthropic")).isNull();
    assertThat(heard)
        .containsExactly(new Change.PolicyChanged(ACME), new Change.PolicyChanged(ACME));
  }

  @Test
  void racingInsertsAreAllKept() {
    race(
        RACERS,
        i -> {
          stores.credentials().insert(credential("cred_" + i, NOW));
          return i;
        });
    assertThat(current()).isEqualTo("cred_" + (RACERS - 1));
    assertThat(heard).hasSize(RACERS);
  }

  @Test
  void theOneThatWasActivatedLastIsInUseWhateverTheClocksSay() {
    Upstream openai = Upstreams.openai(ACME, URI.create("https://openai.test"));
    stores.upstreams().save(openai);
    Stored first = credential("cred_1", NOW.plusSeconds(60));
    Stored second = credential("cred_2", NOW);
    assertThat(stores.credentials().insertFor(openai.origin(), first)).isTrue();
    assertThat(stores.credentials().insertFor(openai.origin(), second)).isTrue();
    assertThat(current()).isEqualTo("cred_2");
    assertThat(stores.credentials().activate(ACME, "openai", "cred_1", NOW)).isTrue();
    assertThat(current()).isEqualTo("cred_1");
    assertThat(stores.credentials().delete(ACME, "openai", "cred_1")).isTrue();
    assertThat(current()).isEqualTo("cred_2");
    assertThat(stores.credentials().delete(ACME, "openai", "cred_1")).isFalse();
    assertThat(stores.credentials().activate(ACME, "openai", "cred_1", NOW)).isFalse();
    assertThat(stores.credentials().page(ACME, "openai", null, 10))
        .extracting(Stored::id)
        .containsExactly("cred_2");
  }

  @Test
  void nothingIsKeptForAnUpstreamThatIsElsewhere() {
    stores.upstreams().save(Upstreams.openai(ACME, URI.create("https://elsewhere.test")));
    assertThat(stores.credentials().insertFor("https://openai.test:443", credential("cred_1", NOW)))
        .isFalse();
    assertThat(
            stores.credentials().insertFor("https://nowhere.test:443", credential("cred_2", NOW)))
        .isFalse();
    assertThat(stores.credentials().current(ACME, "openai")).isNull();
  }

  @Test
  void anUpstreamThatMovesWhileACredentialIsAddedNeverGetsIt() {
    Upstream here = Upstreams.openai(ACME, URI.create("https://here.test"));
    Upstream there = Upstreams.openai(ACME, URI.create("https://there.test"));
    stores.upstreams().save(here);
    List<Boolean> done =
        race(
            2,
            i ->
                i == 0
                    ? stores.credentials().insertFor(here.origin(), credential("cred_1", NOW))
                    : stores.upstreams().replace(here, there) == UpstreamStore.Replaced.DONE);
    assertThat(done).containsOnlyOnce(true);
  }
}

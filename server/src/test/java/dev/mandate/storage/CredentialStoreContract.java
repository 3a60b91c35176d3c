package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.revocation.Change;
import java.time.Instant;
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
}

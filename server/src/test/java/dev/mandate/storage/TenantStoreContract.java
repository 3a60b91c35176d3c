package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.testing.Tenants;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

abstract class TenantStoreContract extends StoreContract {
  TenantStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void savingAgainChangesTheTenantAndNoOther() {
    Tenant changed =
        new Tenant(ACME, "Acme AG", ZoneId.of("UTC"), Duration.ofHours(1), Duration.ofHours(2));
    stores.tenants().save(changed);
    assertThat(stores.tenants().find(ACME)).isEqualTo(changed);
    assertThat(stores.tenants().find(GLOBEX)).isEqualTo(Tenants.tenant(GLOBEX));
    assertThat(stores.tenants().find(new TenantId("initech"))).isNull();
  }

  @Test
  void ofRacingCreationsOneWins() {
    TenantId fresh = new TenantId("fresh");
    List<Boolean> made = race(RACERS, _ -> stores.tenants().create(Tenants.tenant(fresh)));
    assertThat(made).containsOnlyOnce(true);
    assertThat(stores.tenants().create(Tenants.tenant(ACME))).isFalse();
    assertThat(stores.tenants().all()).extracting(Tenant::id).contains(ACME, GLOBEX, fresh);
  }

  @Test
  void disablingAndRenamingTouchOneTenantAndAreAnnounced() {
    List<Change> heard = new ArrayList<>();
    changes.subscribe(heard::add);
    assertThat(stores.tenants().setDisabled(ACME, true)).isTrue();
    assertThat(stores.tenants().rename(ACME, "Other")).isTrue();
    assertThat(stores.tenants().find(ACME))
        .satisfies(
            t -> assertThat(t.disabled()).isTrue(), t -> assertThat(t.name()).isEqualTo("Other"));
    assertThat(stores.tenants().find(GLOBEX)).isEqualTo(Tenants.tenant(GLOBEX));
    // A start with the same configuration does not undo what somebody decided since.
    stores.tenants().save(Tenants.tenant(ACME));
    assertThat(stores.tenants().find(ACME)).satisfies(t -> assertThat(t.disabled()).isTrue());
    assertThat(stores.tenants().setDisabled(ACME, false)).isTrue();
    assertThat(stores.tenants().find(ACME)).isEqualTo(Tenants.tenant(ACME));
    assertThat(heard).hasSize(4).containsOnly(new Change.TenantChanged(ACME));
  }

  @Test
  void whatIsNotThereIsNotChangedAndTheRootStays() {
    TenantId nobody = new TenantId("nobody");
    assertThat(stores.tenants().rename(nobody, "x")).isFalse();
    assertThat(stores.tenants().setDisabled(nobody, true)).isFalse();
    assertThatThrownBy(() -> stores.tenants().setDisabled(TenantId.DEFAULT, true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void racingSavesLeaveOneOfThem() {
    TenantId fresh = new TenantId("fresh");
    race(
        RACERS,
        i -> {
          stores.tenants().save(Tenants.tenant(fresh));
          return i;
        });
    assertThat(stores.tenants().find(fresh)).isEqualTo(Tenants.tenant(fresh));
  }
}

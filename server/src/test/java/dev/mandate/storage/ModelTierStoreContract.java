package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.domain.tier.ModelTierStore.Outcome;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

abstract class ModelTierStoreContract extends StoreContract {
  ModelTierStoreContract(Opening opening) {
    super(opening);
  }

  static ModelTier tier(TenantId tenant, String name, String model) {
    return new ModelTier(
        tenant,
        name,
        "Tier " + name,
        true,
        new TreeSet<>(Set.of("admin", "owner")),
        List.of(
            new ModelTier.Models("openai", model, false),
            new ModelTier.Models("anthropic", model, true)));
  }

  @Test
  void aTierIsFoundAsItWasSavedByItsTenantAloneAndItsChangesAreHeard() {
    ModelTier top = tier(ACME, "top", "a");
    assertThat(stores.modelTiers().save(null, top)).isEqualTo(Outcome.DONE);
    assertThat(stores.modelTiers().find(ACME, "top")).isEqualTo(top);
    assertThat(stores.modelTiers().find(GLOBEX, "top")).isNull();
    assertThat(stores.modelTiers().all(GLOBEX)).isEmpty();
    assertThat(stores.modelTiers().save(null, top)).isEqualTo(Outcome.UNEXPECTED);
    ModelTier other = tier(ACME, "top", "b");
    assertThat(stores.modelTiers().save(other, other)).isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.modelTiers().save(top, other)).isEqualTo(Outcome.DONE);
    assertThat(stores.modelTiers().all(ACME)).containsExactly(other);
    assertThat(stores.modelTiers().remove(tier(GLOBEX, "top", "b"))).isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.modelTiers().remove(top)).isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.modelTiers().remove(other)).isEqualTo(Outcome.DONE);
    assertThat(stores.modelTiers().all(ACME)).isEmpty();
    assertThat(heard)
        .containsExactly(
            new Change.PolicyChanged(ACME),
            new Change.PolicyChanged(ACME),
            new Change.PolicyChanged(ACME));
  }

  @Test
  void noModelIsInTwoTiersOfATenantHoweverTheyRace() {
    stores.modelTiers().save(null, tier(GLOBEX, "top", "a"));
    List<Outcome> outcomes =
        race(8, i -> stores.modelTiers().save(null, tier(ACME, "tier" + i, "a")));
    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.DONE).hasSize(1);
    assertThat(outcomes).filteredOn(outcome -> outcome == Outcome.OVERLAPS).hasSize(7);
    assertThat(stores.modelTiers().all(ACME)).hasSize(1);
  }

  @Test
  void thereIsAnEndToTiers() {
    for (int i = 0; i < ModelTierStore.TIERS_MAX; i++) {
      assertThat(stores.modelTiers().save(null, tier(ACME, "tier" + i, "m" + i)))
          .isEqualTo(Outcome.DONE);
    }
    assertThat(stores.modelTiers().save(null, tier(ACME, "more", "more"))).isEqualTo(Outcome.FULL);
    ModelTier known = tier(ACME, "tier1", "m1");
    assertThat(stores.modelTiers().save(known, tier(ACME, "tier1", "other")))
        .isEqualTo(Outcome.DONE);
  }
}

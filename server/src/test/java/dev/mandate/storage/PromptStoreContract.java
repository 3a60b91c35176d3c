package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.prompt.PromptDecision;
import dev.mandate.domain.prompt.PromptPolicy;
import dev.mandate.domain.prompt.PromptRule;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.domain.prompt.PromptStore.Outcome;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

abstract class PromptStoreContract extends StoreContract {
  PromptStoreContract(Opening opening) {
    super(opening);
  }

  static PromptCategory category(TenantId tenant, String name, PromptDecision decision) {
    return new PromptCategory(
        tenant, name, "About " + name, decision, true, new TreeSet<>(Set.of("admin")), "medical");
  }

  static PromptRule rule(TenantId tenant, String id, String category) {
    return new PromptRule(tenant, id, category, "orion|lynx");
  }

  @Test
  void whatATenantSaysIsFoundByItAloneAndItsChangesAreHeard() {
    PromptCategory a = category(ACME, "a", PromptDecision.DENY);
    assertThat(stores.prompts().save(null, a)).isEqualTo(Outcome.DONE);
    assertThat(stores.prompts().save(null, a)).isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.prompts().insert(rule(ACME, "prl_1", "a"))).isEqualTo(Outcome.DONE);
    assertThat(stores.prompts().insert(rule(ACME, "prl_2", "b"))).isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.prompts().insert(rule(GLOBEX, "prl_1", "a"))).isEqualTo(Outcome.UNEXPECTED);
    PromptPolicy standard = PromptPolicy.standard(ACME);
    assertThat(stores.prompts().policy(ACME)).isEqualTo(standard);
    PromptPolicy on = new PromptPolicy(ACME, true, true, false, 5_000);
    assertThat(stores.prompts().replace(on, on)).isFalse();
    assertThat(stores.prompts().replace(standard, on)).isTrue();
    assertThat(stores.prompts().book(ACME).policy()).isEqualTo(on);
    assertThat(stores.prompts().book(ACME).categories()).containsExactly(a);
    assertThat(stores.prompts().book(ACME).rules()).containsExactly(rule(ACME, "prl_1", "a"));
    assertThat(stores.prompts().book(GLOBEX).categories()).isEmpty();
    assertThat(stores.prompts().book(GLOBEX).rules()).isEmpty();
    assertThat(stores.prompts().policy(GLOBEX)).isEqualTo(PromptPolicy.standard(GLOBEX));
    assertThat(stores.prompts().rule(GLOBEX, "prl_1")).isNull();
    assertThat(stores.prompts().category(GLOBEX, "a")).isNull();
    assertThat(stores.prompts().remove(rule(GLOBEX, "prl_1", "a"))).isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.prompts().remove(category(GLOBEX, "a", PromptDecision.DENY)))
        .isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.prompts().remove(a)).isEqualTo(Outcome.DONE);
    assertThat(stores.prompts().rules(ACME)).isEmpty();
    assertThat(heard).hasSize(4).containsOnly(new Change.PolicyChanged(ACME));
  }

  @Test
  void ofRacingChangesOneWins() {
    PromptCategory a = category(ACME, "a", PromptDecision.ALLOW);
    assertThat(race(8, _ -> stores.prompts().save(null, a)))
        .filteredOn(outcome -> outcome == Outcome.DONE)
        .hasSize(1);
    List<Boolean> changed =
        race(
            8,
            i ->
                stores
                    .prompts()
                    .replace(
                        PromptPolicy.standard(ACME),
                        new PromptPolicy(ACME, true, false, true, 2_000 + i)));
    assertThat(changed).filteredOn(Boolean::booleanValue).hasSize(1);
  }

  @Test
  void thereIsAnEndToCategories() {
    for (int i = 0; i < PromptStore.CATEGORIES_MAX; i++) {
      assertThat(stores.prompts().save(null, category(ACME, "a" + i, PromptDecision.ALLOW)))
          .isEqualTo(Outcome.DONE);
    }
    assertThat(stores.prompts().save(null, category(ACME, "more", PromptDecision.ALLOW)))
        .isEqualTo(Outcome.FULL);
  }
}

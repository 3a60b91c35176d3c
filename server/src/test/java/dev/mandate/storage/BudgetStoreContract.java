package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.BudgetStore.Budget;
import dev.mandate.domain.revocation.Change;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

abstract class BudgetStoreContract extends StoreContract {
  private static final Limits SOME = new Limits(10L, null, 3_000_000_000L, 0L);
  private final AccountId ofMia = AccountId.of(ACME, mia.id());

  BudgetStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void anAccountIsUnboundedUntilItsLimitsAreSetAndAfterTheyAreTakenAway() {
    assertThat(stores.budgets().limits(ofMia)).isEqualTo(Limits.NONE);
    assertThat(stores.budgets().replace(ofMia, SOME, Limits.NONE::equals)).isTrue();
    assertThat(stores.budgets().limits(AccountId.of(ACME, mia.id()))).isEqualTo(SOME);
    assertThat(stores.budgets().limits(AccountId.of(ACME))).isEqualTo(Limits.NONE);
    assertThat(stores.budgets().limits(AccountId.of(GLOBEX, mia.id()))).isEqualTo(Limits.NONE);
    assertThat(stores.budgets().replace(ofMia, Limits.NONE, SOME::equals)).isTrue();
    assertThat(stores.budgets().limits(ofMia)).isEqualTo(Limits.NONE);
    assertThat(heard)
        .containsExactly(new Change.PolicyChanged(ACME), new Change.PolicyChanged(ACME));
  }

  @Test
  void aChangeFromSomethingElseThanExpectedIsRefusedAndNotAnnounced() {
    assertThat(stores.budgets().replace(ofMia, SOME, SOME::equals)).isFalse();
    assertThat(stores.budgets().limits(ofMia)).isEqualTo(Limits.NONE);
    assertThat(heard).isEmpty();
  }

  @Test
  void ofRacingFirstChangesOneWins() {
    List<Boolean> set =
        race(
            RACERS,
            i ->
                stores
                    .budgets()
                    .replace(ofMia, new Limits((long) i, null, null, null), Limits.NONE::equals));
    assertThat(set).filteredOn(s -> s).hasSize(1);
    long winner = set.indexOf(true);
    assertThat(Objects.requireNonNull(stores.budgets().limits(ofMia).requests())).isEqualTo(winner);
  }

  @Test
  void aSumHasNoLimitOnOneRequest() {
    assertThatThrownBy(
            () -> stores.budgets().replace(ofMia, new Limits(1L, 2L, null, null), _ -> true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void boundedAccountsComeInPagesByKeyAndOneThatComesMeanwhileMovesNone() {
    for (String name : List.of("e", "a", "c")) {
      stores.budgets().replace(account(name), SOME, _ -> true);
    }
    stores.budgets().replace(AccountId.of(GLOBEX), SOME, _ -> true);
    assertThat(stores.budgets().page(ACME, null, 2))
        .containsExactly(new Budget(account("a"), SOME), new Budget(account("c"), SOME));
    stores.budgets().replace(account("b"), SOME, _ -> true);
    assertThat(stores.budgets().page(ACME, account("c").key(), 2))
        .containsExactly(new Budget(account("e"), SOME));
    assertThat(stores.budgets().page(ACME, account("e").key(), 2)).isEmpty();
  }

  private static AccountId account(String name) {
    return AccountId.of(ACME, new dev.mandate.domain.user.UserId(name));
  }
}

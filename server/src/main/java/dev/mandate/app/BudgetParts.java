package dev.mandate.app;

import dev.mandate.domain.budget.BudgetAlerts;
import dev.mandate.domain.budget.BudgetHolders;
import dev.mandate.domain.budget.BudgetStates;
import dev.mandate.storage.Stores;

/// What looks at budgets beside the gateway.
final class BudgetParts {
  private BudgetParts() {}

  static BudgetStates states(Parts parts) {
    return BudgetStates.of(parts.stores().ledger(), parts.stores().leases(), parts.budgets());
  }

  static BudgetHolders holders(Stores stores) {
    return new BudgetHolders(stores.roles(), stores.users(), stores.clients(), stores.upstreams());
  }

  static BudgetAlerts alerts(Parts parts) {
    return new BudgetAlerts(
        parts.stores().tenants(),
        parts.stores().budgets(),
        parts.stores().ledger(),
        parts.notices(),
        parts.clock());
  }
}

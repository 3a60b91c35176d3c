package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.mandate.SumLimits;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Keeps the limits of accounts that many mandates spend from: the tenant's and each user's. A
/// mandate's own limits are part of the mandate. `tokens_per_request` bounds one call and no sum,
/// so no account here has it.
public interface BudgetStore extends SumLimits {
  /// An account that is bounded.
  record Budget(AccountId account, Limits limits) {}

  /// [Limits#NONE] when nothing bounds the account.
  Limits limits(AccountId account);

  @Override
  default Limits ofTenant(TenantId tenant) {
    return limits(AccountId.of(tenant));
  }

  @Override
  default Limits ofUser(TenantId tenant, UserId user) {
    return limits(AccountId.of(tenant, user));
  }

  /// Sets an account's limits; [Limits#NONE] frees it. Announces `PolicyChanged`.
  ///
  /// @param expected whether the change may go on from what is stored; asked inside the transaction
  /// @return false when it may not; nothing changed
  boolean replace(AccountId account, Limits limits, Predicate<Limits> expected);

  /// The bounded accounts, by key.
  ///
  /// @param after the last key of the page before; null for the first page
  List<Budget> page(TenantId tenant, @Nullable String after, int limit);
}

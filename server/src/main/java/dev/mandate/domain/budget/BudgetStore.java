package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.mandate.SumLimits;
import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Keeps the limits of accounts that many mandates spend from: the tenant's, and each role's,
/// user's, client's, upstream's and model's. A mandate's own limits are part of the mandate.
/// `tokens_per_request` bounds one call and no sum, so no account here has it.
public interface BudgetStore extends SumLimits {
  /// An account that is bounded.
  ///
  /// @param thresholds at how many percent of a limit somebody hears of it, once a window
  record Budget(AccountId account, Limits limits, List<Integer> thresholds) {
    public static final List<Integer> THRESHOLDS = List.of(80, 100);
    public static final int THRESHOLDS_MAX = 10;

    public Budget {
      thresholds = thresholds.stream().sorted().distinct().toList();
      if (thresholds.size() > THRESHOLDS_MAX
          || thresholds.stream().anyMatch(percent -> percent < 1 || percent > 100)) {
        throw new IllegalArgumentException(
            "thresholds %s of %s, expected up to %d of 1 to 100"
                .formatted(thresholds, account, THRESHOLDS_MAX));
      }
    }

    public Budget(AccountId account, Limits limits) {
      this(account, limits, THRESHOLDS);
    }
  }

  /// With [Limits#NONE] when nothing bounds the account.
  Budget find(AccountId account);

  default Limits limits(AccountId account) {
    return find(account).limits();
  }

  /// Sets an account's limits; [Limits#NONE] frees it. Announces `PolicyChanged`.
  ///
  /// @param expected whether the change may go on from what is stored; asked inside the transaction
  /// @return false when it may not; nothing changed
  boolean replace(Budget budget, Predicate<Budget> expected);

  /// The same, with the thresholds that are usual.
  default boolean replace(AccountId account, Limits limits, Predicate<Limits> expected) {
    return replace(new Budget(account, limits), now -> expected.test(now.limits()));
  }

  /// The bounded accounts, by key.
  ///
  /// @param after the last key of the page before; null for the first page
  List<Budget> page(TenantId tenant, @Nullable String after, int limit);
}

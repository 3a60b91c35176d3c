package dev.mandate.domain.budget;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Keeps the usage ledger and each account's totals.
public interface LedgerStore {
  /// What an account has spent.
  ///
  /// @param tokensByDay of days that can still be charged (yesterday and later are enough)
  record Spent(long requests, long costMicros, Map<LocalDate, Long> tokensByDay) {
    public static final Spent NOTHING = new Spent(0, 0, Map.of());

    public Spent {
      tokensByDay = Map.copyOf(tokensByDay);
    }
  }

  /// What a mandate has spent in all, for people.
  record Summary(
      long requests,
      long inputTokens,
      long outputTokens,
      long costMicros,
      @Nullable Instant lastUsedAt) {
    public static final Summary NOTHING = new Summary(0, 0, 0, 0, null);
  }

  /// Accounts that never spent are absent.
  Map<AccountId, Spent> spent(Collection<AccountId> accounts);

  /// Appends the entries and adds them to their accounts' totals, in one transaction. An entry
  /// whose call id is there already changes nothing, so that a replay after a crash charges once.
  void append(List<LedgerEntry> entries);

  Summary summary(TenantId tenant, MandateId mandate);

  /// The mandate's calls, newest first.
  List<LedgerEntry> latest(TenantId tenant, MandateId mandate, int limit);
}

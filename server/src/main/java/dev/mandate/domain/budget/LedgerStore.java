package dev.mandate.domain.budget;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Keeps the usage ledger and each account's totals.
public interface LedgerStore {
  /// A window without its account.
  ///
  /// @param id see [CalendarWindows#id]
  record Stretch(Period period, long id) {
    public static final Stretch TOTAL = new Stretch(Period.TOTAL, LeaseStore.Window.TOTAL);
  }

  /// What was spent of each unit.
  record Sum(long requests, long tokens, long costMicros) {
    public static final Sum NOTHING = new Sum(0, 0, 0);

    public Sum plus(Sum other) {
      return new Sum(
          Math.addExact(requests, other.requests),
          Math.addExact(tokens, other.tokens),
          Math.addExact(costMicros, other.costMicros));
    }

    public long of(Unit unit) {
      return switch (unit) {
        case REQUESTS -> requests;
        case TOKENS -> tokens;
        case COST_MICROS -> costMicros;
      };
    }
  }

  /// What an account has spent: ever, and in the windows that can still be charged (those that are
  /// open and the ones before are enough). What is absent is nothing.
  record Spent(Map<Stretch, Sum> windows) {
    public static final Spent NOTHING = new Spent(Map.of());

    public Spent {
      windows = Map.copyOf(windows);
    }

    public Sum ever() {
      return windows.getOrDefault(Stretch.TOTAL, Sum.NOTHING);
    }

    public Sum in(Period period, CalendarWindows now) {
      return windows.getOrDefault(new Stretch(period, now.id(period)), Sum.NOTHING);
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

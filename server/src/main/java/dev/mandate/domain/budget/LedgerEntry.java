package dev.mandate.domain.budget;

import dev.mandate.domain.upstream.Usage;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/// One settled call. Append-only; money derives from the usage and the price list's version.
///
/// @param accounts that it charges
/// @param windows of the reservation, in the accounts' time zone: these are charged
/// @param outcome see [Budgets#settle]
/// @param estimated whether the usage is our bound and not the provider's word
public record LedgerEntry(
    Call call,
    List<AccountId> accounts,
    Instant startedAt,
    Instant settledAt,
    CalendarWindows windows,
    Usage usage,
    long costMicros,
    String outcome,
    boolean estimated) {
  public LedgerEntry {
    accounts = List.copyOf(accounts);
  }

  /// The day of the reservation, in the accounts' time zone.
  public LocalDate day() {
    return windows.date();
  }
}

package dev.mandate.storage;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LedgerStore.Stretch;
import dev.mandate.domain.budget.LedgerStore.Sum;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/// What a batch of ledger entries adds to each account and mandate: summed up first, so that a busy
/// account's row is written once in a batch, and in one order, so that two batches can't wait for
/// each other.
final class LedgerTotals {
  private static final String ADD_TOTAL =
      """
      INSERT INTO account_totals (tenant_id, account, requests, tokens, cost_micros)
      VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (tenant_id, account) DO UPDATE SET
        requests = account_totals.requests + excluded.requests,
        tokens = account_totals.tokens + excluded.tokens,
        cost_micros = account_totals.cost_micros + excluded.cost_micros
      """;

  private static final String ADD_WINDOW =
      """
      INSERT INTO account_windows (tenant_id, account, period, window_id, requests, tokens,
        cost_micros)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant_id, account, period, window_id) DO UPDATE SET
        requests = account_windows.requests + excluded.requests,
        tokens = account_windows.tokens + excluded.tokens,
        cost_micros = account_windows.cost_micros + excluded.cost_micros
      """;

  private static final String ADD_MANDATE =
      """
      INSERT INTO mandate_totals (tenant_id, mandate_id, requests, input_tokens, output_tokens,
        cost_micros, last_used_at)
      VALUES (:tenant, :mandate, :requests, :input_tokens, :output_tokens, :cost_micros,
        :last_used_at)
      ON CONFLICT (tenant_id, mandate_id) DO UPDATE SET
        requests = mandate_totals.requests + excluded.requests,
        input_tokens = mandate_totals.input_tokens + excluded.input_tokens,
        output_tokens = mandate_totals.output_tokens + excluded.output_tokens,
        cost_micros = mandate_totals.cost_micros + excluded.cost_micros,
        last_used_at = CASE WHEN excluded.last_used_at > mandate_totals.last_used_at
          THEN excluded.last_used_at ELSE mandate_totals.last_used_at END
      """;

  private static final Comparator<AccountId> ACCOUNT_ORDER =
      Comparator.comparing((AccountId account) -> account.tenant().value())
          .thenComparing(AccountId::key);

  /// Periods that have rows: a month is the sum of its days.
  private static final List<Period> KEPT = List.of(Period.MINUTE, Period.HOUR, Period.DAY);

  private record InWindow(AccountId account, Stretch stretch) {}

  private record OfMandate(TenantId tenant, MandateId mandate) {}

  private final Map<AccountId, Sum> ever = new TreeMap<>(ACCOUNT_ORDER);
  private final Map<InWindow, Sum> windows =
      new TreeMap<>(
          Comparator.comparing(InWindow::account, ACCOUNT_ORDER)
              .thenComparing(one -> one.stretch.period())
              .thenComparingLong(one -> one.stretch.id()));
  private final Map<OfMandate, List<LedgerEntry>> byMandate =
      new TreeMap<>(
          Comparator.comparing((OfMandate of) -> of.tenant.value())
              .thenComparing(of -> of.mandate.value()));

  private LedgerTotals() {}

  static Sum sum(LedgerEntry entry) {
    return new Sum(1, entry.usage().total(), entry.costMicros());
  }

  static LedgerTotals of(List<LedgerEntry> entries) {
    LedgerTotals totals = new LedgerTotals();
    for (LedgerEntry entry : entries) {
      Sum sum = sum(entry);
      for (AccountId account : entry.accounts()) {
        totals.ever.merge(account, sum, Sum::plus);
        for (Period period : KEPT) {
          Stretch stretch = new Stretch(period, entry.windows().id(period));
          totals.windows.merge(new InWindow(account, stretch), sum, Sum::plus);
        }
      }
      totals
          .byMandate
          .computeIfAbsent(
              new OfMandate(entry.call().tenant(), entry.call().mandate()), _ -> new ArrayList<>())
          .add(entry);
    }
    return totals;
  }

  void addTo(Handle handle) throws SQLException {
    if (ever.isEmpty()) {
      return;
    }
    // The rows of totals first: they are the accounts' locks.
    KeptStatements.with(handle, ADD_TOTAL, this::addEver);
    KeptStatements.with(handle, ADD_WINDOW, this::addWindows);
    byMandate.forEach((of, entries) -> addMandate(handle, of, entries));
  }

  private int[] addEver(PreparedStatement add) throws SQLException {
    InOrder rows = new InOrder(add);
    for (Map.Entry<AccountId, Sum> one : ever.entrySet()) {
      rows.text(one.getKey().tenant().value())
          .text(one.getKey().key())
          .number(one.getValue().requests())
          .number(one.getValue().tokens())
          .number(one.getValue().costMicros())
          .add();
    }
    return rows.execute();
  }

  private int[] addWindows(PreparedStatement add) throws SQLException {
    InOrder rows = new InOrder(add);
    for (Map.Entry<InWindow, Sum> one : windows.entrySet()) {
      rows.text(one.getKey().account.tenant().value())
          .text(one.getKey().account.key())
          .text(one.getKey().stretch.period().wire())
          .number(one.getKey().stretch.id())
          .number(one.getValue().requests())
          .number(one.getValue().tokens())
          .number(one.getValue().costMicros())
          .add();
    }
    return rows.execute();
  }

  private static void addMandate(Handle handle, OfMandate of, List<LedgerEntry> entries) {
    handle
        .createUpdate(ADD_MANDATE)
        .bind("tenant", of.tenant.value())
        .bind("mandate", of.mandate.value())
        .bind("requests", (long) entries.size())
        .bind("input_tokens", entries.stream().mapToLong(e -> e.usage().allInput()).sum())
        .bind("output_tokens", entries.stream().mapToLong(e -> e.usage().output()).sum())
        .bind("cost_micros", cost(entries))
        .bind(
            "last_used_at",
            entries.stream().mapToLong(e -> e.settledAt().toEpochMilli()).max().orElseThrow())
        .execute();
  }

  private static long cost(List<LedgerEntry> entries) {
    return entries.stream().mapToLong(LedgerEntry::costMicros).sum();
  }
}

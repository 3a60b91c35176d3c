package dev.mandate.storage;

import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import java.time.LocalDate;
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
      INSERT INTO account_totals (tenant_id, account, requests, cost_micros)
      VALUES (:tenant, :account, :requests, :cost_micros)
      ON CONFLICT (tenant_id, account) DO UPDATE SET
        requests = account_totals.requests + excluded.requests,
        cost_micros = account_totals.cost_micros + excluded.cost_micros
      """;

  private static final String ADD_DAY =
      """
      INSERT INTO account_days (tenant_id, account, epoch_day, tokens)
      VALUES (:tenant, :account, :epoch_day, :tokens)
      ON CONFLICT (tenant_id, account, epoch_day) DO UPDATE SET
        tokens = account_days.tokens + excluded.tokens
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

  private record Day(AccountId account, LocalDate day) {}

  private record OfMandate(TenantId tenant, MandateId mandate) {}

  private final Map<AccountId, List<LedgerEntry>> byAccount = new TreeMap<>(ACCOUNT_ORDER);
  private final Map<Day, Long> tokensByDay =
      new TreeMap<>(Comparator.comparing(Day::account, ACCOUNT_ORDER).thenComparing(Day::day));
  private final Map<OfMandate, List<LedgerEntry>> byMandate =
      new TreeMap<>(
          Comparator.comparing((OfMandate of) -> of.tenant.value())
              .thenComparing(of -> of.mandate.value()));

  private LedgerTotals() {}

  static LedgerTotals of(List<LedgerEntry> entries) {
    LedgerTotals totals = new LedgerTotals();
    for (LedgerEntry entry : entries) {
      for (AccountId account : entry.accounts()) {
        totals.byAccount.computeIfAbsent(account, _ -> new ArrayList<>()).add(entry);
        totals.tokensByDay.merge(
            new Day(account, entry.day()), entry.usage().total(), Math::addExact);
      }
      totals
          .byMandate
          .computeIfAbsent(
              new OfMandate(entry.call().tenant(), entry.call().mandate()), _ -> new ArrayList<>())
          .add(entry);
    }
    return totals;
  }

  void addTo(Handle handle) {
    byAccount.forEach(
        (account, entries) ->
            handle
                .createUpdate(ADD_TOTAL)
                .bind("tenant", account.tenant().value())
                .bind("account", account.key())
                .bind("requests", (long) entries.size())
                .bind("cost_micros", cost(entries))
                .execute());
    tokensByDay.forEach(
        (day, tokens) ->
            handle
                .createUpdate(ADD_DAY)
                .bind("tenant", day.account.tenant().value())
                .bind("account", day.account.key())
                .bind("epoch_day", day.day.toEpochDay())
                .bind("tokens", tokens)
                .execute());
    byMandate.forEach((of, entries) -> addMandate(handle, of, entries));
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

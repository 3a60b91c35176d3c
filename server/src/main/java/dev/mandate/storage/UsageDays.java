package dev.mandate.storage;

import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.Tags;
import dev.mandate.domain.budget.UsageStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Reads and writes usage by day. A batch of entries is summed up first, as in [LedgerTotals], and
/// written in one order.
final class UsageDays implements UsageStore {
  private static final String ADD =
      """
      INSERT INTO usage_days (tenant_id, dimension, epoch_day, name, requests, estimated,
        input_tokens, output_tokens, cost_micros)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant_id, dimension, epoch_day, name) DO UPDATE SET
        requests = usage_days.requests + excluded.requests,
        estimated = usage_days.estimated + excluded.estimated,
        input_tokens = usage_days.input_tokens + excluded.input_tokens,
        output_tokens = usage_days.output_tokens + excluded.output_tokens,
        cost_micros = usage_days.cost_micros + excluded.cost_micros
      """;

  private static final String USED =
      """
      SELECT name, sum(requests) AS requests, sum(estimated) AS estimated,
        sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
        sum(cost_micros) AS cost_micros
      FROM usage_days
      WHERE tenant_id = :tenant AND dimension = :dimension AND epoch_day BETWEEN :from AND :to
        AND name > :after
      GROUP BY name ORDER BY name LIMIT :limit
      """;

  /// Before the empty name, which stands for none.
  private static final String USED_FROM_THE_START = USED.replace("AND name > :after", "");

  private final Database database;

  UsageDays(Database database) {
    this.database = database;
  }

  private record Key(TenantId tenant, String dimension, LocalDate day, String name) {
    static final Comparator<Key> ORDER =
        Comparator.comparing((Key key) -> key.tenant.value())
            .thenComparing(Key::dimension)
            .thenComparing(Key::day)
            .thenComparing(Key::name);
  }

  private static final class Sum {
    long requests;
    long estimated;
    long inputTokens;
    long outputTokens;
    long costMicros;

    void add(LedgerEntry entry) {
      requests++;
      estimated += entry.estimated() ? 1 : 0;
      inputTokens += entry.usage().allInput();
      outputTokens += entry.usage().output();
      costMicros += entry.costMicros();
    }
  }

  /// In the caller's transaction.
  static void add(Handle handle, List<LedgerEntry> entries) throws SQLException {
    Map<Key, Sum> sums = new TreeMap<>(Key.ORDER);
    for (LedgerEntry entry : entries) {
      Call call = entry.call();
      UserId user = call.user();
      add(sums, entry, Fixed.MODEL.wire(), call.model());
      add(sums, entry, Fixed.CLIENT.wire(), call.client().value());
      add(sums, entry, Fixed.USER.wire(), user == null ? "" : user.value());
      add(sums, entry, Fixed.UPSTREAM.wire(), call.upstream());
      if (!call.tags().isEmpty()) {
        Tags.byName(call.tags()).forEach((name, value) -> add(sums, entry, TAG + name, value));
      }
    }
    if (sums.isEmpty()) {
      return;
    }
    var _ =
        KeptStatements.with(
            handle,
            ADD,
            statement -> {
              InOrder rows = new InOrder(statement);
              for (Map.Entry<Key, Sum> one : sums.entrySet()) {
                Key key = one.getKey();
                Sum sum = one.getValue();
                rows.text(key.tenant.value())
                    .text(key.dimension)
                    .number(key.day.toEpochDay())
                    .text(key.name)
                    .number(sum.requests)
                    .number(sum.estimated)
                    .number(sum.inputTokens)
                    .number(sum.outputTokens)
                    .number(sum.costMicros)
                    .add();
              }
              return rows.execute();
            });
  }

  private static void add(Map<Key, Sum> sums, LedgerEntry entry, String dimension, String name) {
    sums.computeIfAbsent(
            new Key(entry.call().tenant(), dimension, entry.day(), name), _ -> new Sum())
        .add(entry);
  }

  @Override
  public List<Used> used(
      TenantId tenant,
      String dimension,
      LocalDate from,
      LocalDate to,
      @Nullable String after,
      int limit) {
    return database.read(
        handle -> {
          var query =
              handle
                  .createQuery(after == null ? USED_FROM_THE_START : USED)
                  .bind("tenant", tenant.value())
                  .bind("dimension", dimension)
                  .bind("from", from.toEpochDay())
                  .bind("to", to.toEpochDay())
                  .bind("limit", limit);
          if (after != null) {
            query.bind("after", after);
          }
          return query
              .map(
                  (row, _) ->
                      new Used(
                          Columns.text(row, "name"),
                          row.getLong("requests"),
                          row.getLong("estimated"),
                          row.getLong("input_tokens"),
                          row.getLong("output_tokens"),
                          row.getLong("cost_micros")))
              .list();
        });
  }
}

package dev.mandate.storage;

import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LeaseStore.Window;
import dev.mandate.domain.budget.Limit;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/// An account under its lock.
final class LeasedAccount {
  /// Locks the account, and says what is spent. That it writes is what makes the lock one that both
  /// databases have, for an account that has no row yet as well.
  private static final String LOCK =
      """
      INSERT INTO account_totals (tenant_id, account, requests, cost_micros)
      VALUES (:tenant, :account, 0, 0)
      ON CONFLICT (tenant_id, account) DO UPDATE SET requests = account_totals.requests
      RETURNING requests, cost_micros
      """;

  private static final String LEASES =
      """
      SELECT node, unit, epoch_day, held, ask FROM leases
      WHERE tenant_id = :tenant AND account = :account
      UNION ALL
      SELECT '', 'spent', epoch_day, tokens, 0 FROM account_days
      WHERE tenant_id = :tenant AND account = :account
      UNION ALL
      SELECT '', 'first_ask', 0, first_ask, 0 FROM lease_nodes WHERE node = :node
      """;

  private final AccountId account;
  private final long requests;
  private final long costMicros;
  private final Map<Long, Long> tokensByDay = new HashMap<>();
  final Map<Window, Long> mine = new HashMap<>();
  final Map<Window, Long> asked = new HashMap<>();
  final Map<Window, Long> others = new HashMap<>();
  long firstAsk;

  private LeasedAccount(AccountId account, long requests, long costMicros) {
    this.account = account;
    this.requests = requests;
    this.costMicros = costMicros;
  }

  static LeasedAccount lock(Handle handle, AccountId account) {
    return handle
        .createQuery(LOCK)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .map(
            (row, _) ->
                new LeasedAccount(account, row.getLong("requests"), row.getLong("cost_micros")))
        .one();
  }

  void read(Handle handle, String node) {
    handle
        .createQuery(LEASES)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .bind("node", node)
        .map(
            (row, _) -> {
              String unit = Columns.text(row, "unit");
              long day = row.getLong("epoch_day");
              long amount = row.getLong("held");
              switch (unit) {
                case "spent" -> tokensByDay.put(day, amount);
                case "first_ask" -> firstAsk = amount;
                default -> {
                  Window window = new Window(account, limit(unit), day);
                  if (Columns.text(row, "node").equals(node)) {
                    mine.put(window, amount);
                    asked.put(window, row.getLong("ask"));
                  } else {
                    others.merge(window, amount, Long::sum);
                  }
                }
              }
              return unit;
            })
        .list();
  }

  long spent(Window window) {
    return switch (window.limit()) {
      case REQUESTS -> requests;
      case COST_MICROS -> costMicros;
      case TOKENS_PER_DAY -> tokensByDay.getOrDefault(window.day(), 0L);
      case TOKENS_PER_REQUEST -> throw new IllegalArgumentException("no lease of " + window);
    };
  }

  static Window window(AccountId account, ResultSet row) throws SQLException {
    return new Window(account, limit(Columns.text(row, "unit")), row.getLong("epoch_day"));
  }

  private static Limit limit(String unit) {
    for (Limit limit : Limit.values()) {
      if (limit.wire().equals(unit)) {
        return limit;
      }
    }
    throw new StorageException("a lease of '" + unit + "', which is no limit");
  }
}

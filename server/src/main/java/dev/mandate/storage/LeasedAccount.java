package dev.mandate.storage;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.LeaseStore.Ask;
import dev.mandate.domain.budget.LeaseStore.Window;
import dev.mandate.domain.budget.LedgerStore.Stretch;
import dev.mandate.domain.budget.LedgerStore.Sum;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/// An account under its lock.
final class LeasedAccount {
  /// Locks the account, and says what is spent. That it writes is what makes the lock one that both
  /// databases have, for an account that has no row yet as well.
  private static final String LOCK =
      """
      INSERT INTO account_totals (tenant_id, account, requests, tokens, cost_micros)
      VALUES (:tenant, :account, 0, 0, 0)
      ON CONFLICT (tenant_id, account) DO UPDATE SET requests = account_totals.requests
      RETURNING requests, tokens, cost_micros
      """;

  private static final String LEASES =
      """
      SELECT node, unit, period, window_id, held, ask FROM leases
      WHERE tenant_id = :tenant AND account = :account
      UNION ALL
      SELECT '', 'first_ask', '', 0, first_ask, 0 FROM lease_nodes WHERE node = :node
      """;

  private static final String WINDOWS =
      """
      SELECT period, window_id, requests, tokens, cost_micros FROM account_windows
      WHERE tenant_id = :tenant AND account = :account
        AND ((period = 'minute' AND window_id >= :minute)
          OR (period = 'hour' AND window_id >= :hour)
          OR (period = 'day' AND window_id >= :day))
      """;

  private final AccountId account;
  private final Sum ever;
  private Map<Stretch, Sum> spent = Map.of();
  final Map<Window, Long> mine = new HashMap<>();
  final Map<Window, Long> asked = new HashMap<>();
  final Map<Window, Long> others = new HashMap<>();
  long firstAsk;

  private LeasedAccount(AccountId account, Sum ever) {
    this.account = account;
    this.ever = ever;
  }

  static LeasedAccount lock(Handle handle, AccountId account) {
    return handle
        .createQuery(LOCK)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .map(
            (row, _) ->
                new LeasedAccount(
                    account,
                    new Sum(
                        row.getLong("requests"),
                        row.getLong("tokens"),
                        row.getLong("cost_micros"))))
        .one();
  }

  /// @param asks for this account
  void read(Handle handle, String node, List<Ask> asks) {
    handle
        .createQuery(LEASES)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .bind("node", node)
        .map((row, _) -> lease(row, node))
        .list();
    long minute = first(asks, Period.MINUTE);
    long hour = first(asks, Period.HOUR);
    long month = first(asks, Period.MONTH);
    long day = first(asks, Period.DAY);
    if (month != Long.MAX_VALUE) {
      day = Math.min(day, CalendarWindows.firstDay(month));
    }
    if (Math.min(minute, Math.min(hour, day)) == Long.MAX_VALUE) {
      return;
    }
    WindowRows rows = new WindowRows();
    handle
        .createQuery(WINDOWS)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .bind("minute", minute)
        .bind("hour", hour)
        .bind("day", day)
        .map(
            (row, _) -> {
              rows.add(row);
              return 0;
            })
        .list();
    spent = rows.sums();
  }

  private static long first(List<Ask> asks, Period period) {
    return asks.stream()
        .map(Ask::window)
        .filter(window -> window.limit().period() == period)
        .mapToLong(Window::id)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private String lease(ResultSet row, String node) throws SQLException {
    String unit = Columns.text(row, "unit");
    long amount = row.getLong("held");
    if (unit.equals("first_ask")) {
      firstAsk = amount;
      return unit;
    }
    Window window = window(account, row);
    if (Columns.text(row, "node").equals(node)) {
      mine.put(window, amount);
      asked.put(window, row.getLong("ask"));
    } else {
      others.merge(window, amount, Long::sum);
    }
    return unit;
  }

  long spent(Window window) {
    Limit limit = window.limit();
    Period period = limit.period();
    if (period == null) {
      throw new IllegalArgumentException("no lease of " + window);
    }
    Sum sum =
        period == Period.TOTAL
            ? ever
            : spent.getOrDefault(new Stretch(period, window.id()), Sum.NOTHING);
    return sum.of(limit.unit());
  }

  static Window window(AccountId account, ResultSet row) throws SQLException {
    Unit unit = Unit.valueOf(Columns.text(row, "unit").toUpperCase(Locale.ROOT));
    return new Window(account, Limit.of(unit, WindowRows.period(row)), row.getLong("window_id"));
  }
}

package dev.mandate.storage;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LeaseStore;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.tenant.TenantId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/// Leases beside the ledger's totals. Whoever changes what is spent or held of an account locks the
/// account's row of totals first, accounts in one order: the sum that a grant is held against can't
/// change under it, and nobody waits in a circle.
final class JdbcLeaseStore implements LeaseStore {
  /// Between the first ask of a process and the first of the next one.
  private static final long ASKS_OF_A_PROCESS = 1L << 40;

  private static final String JOIN =
      """
      INSERT INTO lease_nodes (node, first_ask, seen_at) VALUES (:node, :asks, {now})
      ON CONFLICT (node) DO UPDATE SET
        first_ask = lease_nodes.first_ask + :asks, seen_at = excluded.seen_at
      RETURNING first_ask
      """;

  private static final String BEAT = "UPDATE lease_nodes SET seen_at = {now} WHERE node = :node";

  private static final String ALIVE =
      "SELECT COUNT(*) FROM lease_nodes WHERE seen_at > {now} - :alive";

  /// Nodes serve every tenant; the three that follow find out of which tenants there is something.
  private static final String TENANTS_OF_NODE =
      "SELECT DISTINCT tenant_id FROM leases WHERE node = :node";

  private static final String RECALLS =
      "SELECT tenant_id, account, asker, ask FROM lease_recalls WHERE node = :node";

  private static final String DROP_RECALLS =
      "DELETE FROM lease_recalls WHERE node = :node OR asker = :node";

  private static final String DROP_LEASES =
      "DELETE FROM leases WHERE tenant_id = :tenant AND node = :node";

  private static final String SAVE =
      """
      INSERT INTO leases (tenant_id, account, node, unit, period, window_id, held, ask)
      VALUES (:tenant, :account, :node, :unit, :period, :window_id, :held, :ask)
      ON CONFLICT (tenant_id, account, node, unit, period, window_id) DO UPDATE SET
        held = excluded.held, ask = excluded.ask
      """;

  private static final String CHARGE =
      """
      UPDATE leases SET held = CASE unit
        WHEN 'requests' THEN CASE WHEN held > :requests THEN held - :requests ELSE 0 END
        WHEN 'cost_micros' THEN CASE WHEN held > :cost_micros THEN held - :cost_micros ELSE 0 END
        ELSE CASE WHEN held > :tokens THEN held - :tokens ELSE 0 END END
      WHERE tenant_id = :tenant AND account = :account AND node = :node
        AND ((period = 'total' AND window_id = :total)
          OR (period = 'minute' AND window_id = :minute)
          OR (period = 'hour' AND window_id = :hour)
          OR (period = 'day' AND window_id = :day)
          OR (period = 'month' AND window_id = :month))
      RETURNING unit, period, window_id, held
      """;

  private static final String RECALL =
      """
      INSERT INTO lease_recalls (tenant_id, account, node, asker, ask)
      SELECT CAST(:tenant AS TEXT), CAST(:account AS TEXT), n.node, CAST(:node AS TEXT),
        CAST(:ask AS BIGINT)
      FROM lease_nodes n WHERE n.node <> :node AND n.seen_at > {now} - :alive
      ON CONFLICT (tenant_id, account, node, asker) DO UPDATE SET ask = excluded.ask
      RETURNING node
      """;

  private static final String UNANSWERED =
      """
      SELECT node FROM lease_recalls
      WHERE tenant_id = :tenant AND account = :account AND asker = :node
      """;

  private static final String ANSWER =
      """
      DELETE FROM lease_recalls
      WHERE tenant_id = :tenant AND account = :account AND node = :node AND asker = :asker
        AND ask = :ask
      """;

  private static final String HELD =
      """
      SELECT l.node, l.unit, l.period, l.window_id, l.held, n.seen_at FROM leases l
      JOIN lease_nodes n ON n.node = l.node
      WHERE l.tenant_id = :tenant AND l.account = :account AND l.held > 0
      ORDER BY l.node, l.unit, l.period, l.window_id
      """;

  private final Database database;
  private final JdbcLedgerStore ledger;

  JdbcLeaseStore(Database database, JdbcLedgerStore ledger) {
    this.database = database;
    this.ledger = ledger;
  }

  /// With the database's own clock in it: nodes' clocks differ.
  private String atNow(String sql) {
    return sql.replace("{now}", database.millis());
  }

  @Override
  public long join(String node) {
    return database.write(
        handle -> {
          long first =
              handle
                  .createQuery(atNow(JOIN))
                  .bind("node", node)
                  .bind("asks", ASKS_OF_A_PROCESS)
                  .mapTo(Long.class)
                  .one();
          handle.createUpdate(DROP_RECALLS).bind("node", node).execute();
          for (String tenant :
              handle.createQuery(TENANTS_OF_NODE).bind("node", node).mapTo(String.class).list()) {
            handle.createUpdate(DROP_LEASES).bind("tenant", tenant).bind("node", node).execute();
          }
          return first;
        });
  }

  @Override
  public int beat(String node) {
    return database.write(
        handle -> {
          handle.createUpdate(atNow(BEAT)).bind("node", node).execute();
          return handle
              .createQuery(atNow(ALIVE))
              .bind("alive", LeaseStore.ALIVE.toMillis())
              .mapTo(Integer.class)
              .one();
        });
  }

  @Override
  public List<Lease> adjust(String node, List<Ask> asks) {
    Map<AccountId, List<Ask>> byAccount =
        new TreeMap<>(
            Comparator.comparing((AccountId account) -> account.tenant().value())
                .thenComparing(AccountId::key));
    for (Ask ask : asks) {
      byAccount.computeIfAbsent(ask.window().account(), _ -> new ArrayList<>()).add(ask);
    }
    return database.write(
        handle -> {
          // All locks before anything else is touched.
          List<LeasedAccount> standings =
              byAccount.keySet().stream().map(a -> LeasedAccount.lock(handle, a)).toList();
          List<Lease> leases = new ArrayList<>();
          PreparedBatch save = handle.prepareBatch(SAVE);
          Iterator<LeasedAccount> inOrder = standings.iterator();
          for (List<Ask> wanted : byAccount.values()) {
            LeasedAccount standing = inOrder.next();
            standing.read(handle, node, wanted);
            wanted.forEach(ask -> leases.add(answer(node, ask, standing, save)));
          }
          if (save.size() > 0) {
            save.execute();
          }
          return leases;
        });
  }

  private static Lease answer(String node, Ask ask, LeasedAccount standing, PreparedBatch save) {
    Window window = ask.window();
    long spent = standing.spent(window);
    long others = standing.others.getOrDefault(window, 0L);
    long held = standing.mine.getOrDefault(window, 0L);
    if (ask.order() > standing.asked.getOrDefault(window, standing.firstAsk - 1)) {
      Period period = Objects.requireNonNull(window.limit().period());
      held = ask.grant(spent, others, held);
      save.bind("tenant", window.account().tenant().value())
          .bind("account", window.account().key())
          .bind("node", node)
          .bind("unit", window.limit().unit().wire())
          .bind("period", period.wire())
          .bind("window_id", window.id())
          .bind("held", held)
          .bind("ask", ask.order())
          .add();
    }
    return new Lease(window, held, spent, others);
  }

  @Override
  public Map<Window, Long> append(String node, List<LedgerEntry> entries) {
    return database.write(
        handle -> {
          Set<LedgerEntry> inserted = new HashSet<>(ledger.append(handle, entries));
          Map<Window, Long> left = new HashMap<>();
          for (LeaseCharge charge : LeaseCharge.of(entries, inserted)) {
            charge(handle, node, charge, left);
          }
          return left;
        });
  }

  private static void charge(
      Handle handle, String node, LeaseCharge charge, Map<Window, Long> left) {
    AccountId account = charge.account();
    handle
        .createQuery(CHARGE)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .bind("node", node)
        .bind("total", Window.TOTAL)
        .bind("minute", charge.windows().minute())
        .bind("hour", charge.windows().hour())
        .bind("day", charge.windows().day())
        .bind("month", charge.windows().id(Period.MONTH))
        .bind("requests", charge.sum().requests())
        .bind("cost_micros", charge.sum().costMicros())
        .bind("tokens", charge.sum().tokens())
        .map((row, _) -> left.put(LeasedAccount.window(account, row), row.getLong("held")))
        .list();
  }

  @Override
  public Set<String> recall(String node, AccountId account, long order) {
    return new HashSet<>(
        database.write(
            handle ->
                handle
                    .createQuery(atNow(RECALL))
                    .bind("tenant", account.tenant().value())
                    .bind("account", account.key())
                    .bind("node", node)
                    .bind("ask", order)
                    .bind("alive", LeaseStore.ALIVE.toMillis())
                    .mapTo(String.class)
                    .list()));
  }

  @Override
  public Set<String> unanswered(String node, AccountId account) {
    return new HashSet<>(
        database.read(
            handle ->
                handle
                    .createQuery(UNANSWERED)
                    .bind("tenant", account.tenant().value())
                    .bind("account", account.key())
                    .bind("node", node)
                    .mapTo(String.class)
                    .list()));
  }

  @Override
  public List<Recall> recalls(String node) {
    return database.read(
        handle ->
            handle
                .createQuery(RECALLS)
                .bind("node", node)
                .map(
                    (row, _) ->
                        new Recall(
                            new AccountId(
                                new TenantId(Columns.text(row, "tenant_id")),
                                Columns.text(row, "account")),
                            Columns.text(row, "asker"),
                            row.getLong("ask")))
                .list());
  }

  @Override
  public void answer(String node, List<Recall> recalls) {
    database.write(
        handle -> {
          PreparedBatch answers = handle.prepareBatch(ANSWER);
          for (Recall recall : recalls) {
            answers
                .bind("tenant", recall.account().tenant().value())
                .bind("account", recall.account().key())
                .bind("node", node)
                .bind("asker", recall.asker())
                .bind("ask", recall.order())
                .add();
          }
          return answers.execute().length;
        });
  }

  @Override
  public List<Held> held(AccountId account) {
    return database.read(
        handle ->
            handle
                .createQuery(HELD)
                .bind("tenant", account.tenant().value())
                .bind("account", account.key())
                .map(
                    (row, _) ->
                        new Held(
                            Columns.text(row, "node"),
                            LeasedAccount.window(account, row),
                            row.getLong("held"),
                            Columns.instant(row, "seen_at")))
                .list());
  }
}

package dev.mandate.storage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.monitoring.Baseline;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.MonitoringStore;
import dev.mandate.domain.monitoring.Observed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcMonitoringStore implements MonitoringStore {
  private static final String COLUMNS =
      "tenant_id, caller, slot, calls, refusals, cost_micros, networks, models";

  private static final String SEEN_BY_NODE =
      "SELECT "
          + COLUMNS
          + """
           FROM activity
          WHERE tenant_id = :tenant AND caller = :caller AND slot = :slot AND node = :node
          """;

  private static final String ADD =
      """
      INSERT INTO activity (tenant_id, caller, slot, node, calls, refusals, cost_micros, networks,
        models)
      VALUES (:tenant, :caller, :slot, :node, :calls, :refusals, :cost, :networks, :models)
      ON CONFLICT (tenant_id, caller, slot, node) DO UPDATE SET calls = excluded.calls,
        refusals = excluded.refusals, cost_micros = excluded.cost_micros,
        networks = excluded.networks, models = excluded.models
      """;

  private static final String SEEN =
      "SELECT "
          + COLUMNS
          + """
           FROM activity
          WHERE tenant_id = :tenant AND caller = :caller AND slot < :before
          ORDER BY slot, node
          """;

  private static final String FORGET_SEEN =
      "DELETE FROM activity WHERE tenant_id = :tenant AND caller = :caller AND slot < :before";

  private static final String BASELINE =
      "SELECT caller, learned FROM baselines WHERE tenant_id = :tenant AND caller = :caller";

  private static final String PAGE =
      """
      SELECT caller, learned FROM baselines
      WHERE tenant_id = :tenant AND caller > :after AND learned <> '' ORDER BY caller LIMIT :limit
      """;

  private static final String FIRST =
      """
      INSERT INTO baselines (tenant_id, caller, slot, learned) VALUES (:tenant, :caller, :slot, '')
      ON CONFLICT (tenant_id, caller) DO NOTHING
      """;

  private static final String LEARNED =
      """
      UPDATE baselines SET slot = :slot, learned = :learned
      WHERE tenant_id = :tenant AND caller = :caller
      """;

  private static final String FORGET =
      "DELETE FROM baselines WHERE tenant_id = :tenant AND caller = :caller";

  private static final String UNLEARNED =
      """
      SELECT DISTINCT tenant_id, caller FROM activity WHERE slot < :before LIMIT :limit
      """;

  private final Database database;

  JdbcMonitoringStore(Database database) {
    this.database = database;
  }

  @Override
  public void add(String node, List<Observed> seen) {
    database.write(
        handle -> {
          for (Observed one : seen) {
            // Only this node writes the row.
            Observed before = seenBy(handle, node, one);
            put(handle, node, before == null ? one : before.plus(one));
          }
          return seen.size();
        });
  }

  private static @Nullable Observed seenBy(Handle handle, String node, Observed one) {
    return handle
        .createQuery(SEEN_BY_NODE)
        .bind("tenant", one.caller().tenant().value())
        .bind("caller", one.caller().text())
        .bind("slot", one.slot())
        .bind("node", node)
        .map(JdbcMonitoringStore::observed)
        .findOne()
        .orElse(null);
  }

  private static void put(Handle handle, String node, Observed all) {
    handle
        .createUpdate(ADD)
        .bind("tenant", all.caller().tenant().value())
        .bind("caller", all.caller().text())
        .bind("slot", all.slot())
        .bind("node", node)
        .bind("calls", all.calls())
        .bind("refusals", all.refusals())
        .bind("cost", all.costMicros())
        .bind("networks", Json.write(all.networks()))
        .bind("models", Columns.texts(all.models()))
        .execute();
  }

  @Override
  public Map<CallerId, List<Observed>> seen(TenantId tenant, List<CallerId> callers) {
    return database.read(
        handle -> {
          Map<CallerId, List<Observed>> all = new LinkedHashMap<>();
          for (CallerId caller : callers) {
            List<Observed> slots = seen(handle, SEEN, caller, Long.MAX_VALUE);
            if (!slots.isEmpty()) {
              all.put(caller, slots);
            }
          }
          return all;
        });
  }

  private static List<Observed> seen(Handle handle, String sql, CallerId caller, long before) {
    List<Observed> slots = new ArrayList<>();
    for (Observed row :
        handle
            .createQuery(sql)
            .bind("tenant", caller.tenant().value())
            .bind("caller", caller.text())
            .bind("before", before)
            .map(JdbcMonitoringStore::observed)
            .list()) {
      if (!slots.isEmpty() && slots.getLast().slot() == row.slot()) {
        slots.add(slots.removeLast().plus(row));
      } else {
        slots.add(row);
      }
    }
    return slots;
  }

  @Override
  public @Nullable Baseline baseline(CallerId caller) {
    return database.read(handle -> baseline(handle, BASELINE, caller));
  }

  private static @Nullable Baseline baseline(Handle handle, String sql, CallerId caller) {
    return handle
        .createQuery(sql)
        .bind("tenant", caller.tenant().value())
        .bind("caller", caller.text())
        .map((row, _) -> Columns.text(row, "learned"))
        .findOne()
        .filter(learned -> !learned.isEmpty())
        .map(JdbcMonitoringStore::baseline)
        .orElse(null);
  }

  private static Baseline baseline(String learned) {
    return Json.read(learned.getBytes(StandardCharsets.UTF_8), Baseline.class);
  }

  @Override
  public List<Known> page(TenantId tenant, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(
                    (row, _) ->
                        new Known(
                            CallerId.parse(tenant, Columns.text(row, "caller")),
                            baseline(Columns.text(row, "learned"))))
                .list());
  }

  @Override
  public List<CallerId> unlearned(long before, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(UNLEARNED)
                .bind("before", before)
                .bind("limit", limit)
                .map(
                    (row, _) ->
                        CallerId.parse(
                            new TenantId(Columns.text(row, "tenant_id")),
                            Columns.text(row, "caller")))
                .list());
  }

  @Override
  public void learn(CallerId caller, long before, Fold fold) {
    database.write(
        handle -> {
          if (caller.kind() == CallerId.Kind.NETWORK) {
            // Nobody's credentials have no usual.
            return forgetSeen(handle, caller, before);
          }
          handle
              .createUpdate(FIRST)
              .bind("tenant", caller.tenant().value())
              .bind("caller", caller.text())
              .bind("slot", before)
              .execute();
          Baseline baseline = baseline(handle, BASELINE + database.forUpdate(), caller);
          List<Observed> slots = seen(handle, SEEN, caller, before);
          if (slots.isEmpty()) {
            return 0;
          }
          for (Observed slot : slots) {
            baseline = fold.with(baseline, slot);
          }
          handle
              .createUpdate(LEARNED)
              .bind("tenant", caller.tenant().value())
              .bind("caller", caller.text())
              .bind("slot", before)
              .bind("learned", Json.write(baseline))
              .execute();
          return forgetSeen(handle, caller, before);
        });
  }

  private static int forgetSeen(Handle handle, CallerId caller, long before) {
    return handle
        .createUpdate(FORGET_SEEN)
        .bind("tenant", caller.tenant().value())
        .bind("caller", caller.text())
        .bind("before", before)
        .execute();
  }

  @Override
  public boolean forget(CallerId caller) {
    return database.write(
        handle -> {
          forgetSeen(handle, caller, Long.MAX_VALUE);
          return handle
                  .createUpdate(FORGET)
                  .bind("tenant", caller.tenant().value())
                  .bind("caller", caller.text())
                  .execute()
              == 1;
        });
  }

  private static Observed observed(ResultSet row, StatementContext context) throws SQLException {
    SortedSet<Long> networks = new TreeSet<>();
    for (JsonNode network : Json.parse(Columns.text(row, "networks"))) {
      networks.add(network.asLong());
    }
    return new Observed(
        CallerId.parse(new TenantId(Columns.text(row, "tenant_id")), Columns.text(row, "caller")),
        row.getLong("slot"),
        row.getLong("calls"),
        row.getLong("refusals"),
        row.getLong("cost_micros"),
        networks,
        new TreeSet<>(Columns.texts(row, "models")));
  }
}

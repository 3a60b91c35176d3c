package dev.mandate.storage;

import dev.mandate.domain.node.Node;
import dev.mandate.domain.node.NodeId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.TenantKeyStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcTenantKeyStore implements TenantKeyStore {
  private static final String FIND =
      "SELECT tenant_id, wrapped, master_key FROM tenant_keys WHERE tenant_id = :tenant";

  private static final String INSERT_FIRST =
      """
      INSERT INTO tenant_keys (tenant_id, wrapped, master_key)
      VALUES (:tenant, :wrapped, :master_key)
      ON CONFLICT (tenant_id) DO NOTHING
      """;

  private static final String IN_USE = "SELECT master_key FROM master_key_in_use WHERE one = 1";

  private static final String USE =
      "UPDATE master_key_in_use SET master_key = :master_key WHERE one = 1";

  private static final String NOT_UNDER =
      """
      SELECT tenant_id, wrapped, master_key FROM tenant_keys
      WHERE master_key <> :master_key AND tenant_id > :after ORDER BY tenant_id LIMIT :limit
      """;

  private static final String REWRAP =
      """
      UPDATE tenant_keys SET wrapped = :wrapped, master_key = :master_key
      WHERE tenant_id = :tenant AND master_key = :old_master_key AND wrapped = :old_wrapped
      """;

  private static final String COUNTS =
      "SELECT master_key, COUNT(*) AS keys FROM tenant_keys GROUP BY master_key";

  private static final String LET_GO = "DELETE FROM master_key_holders WHERE node_id = :node";

  private static final String LET_GO_OF_THE_LOST =
      "DELETE FROM master_key_holders WHERE node_id NOT IN (SELECT node_id FROM nodes)";

  private static final String HOLD =
      """
      INSERT INTO master_key_holders (node_id, master_key, fingerprint)
      VALUES (:node, :master_key, :fingerprint)
      ON CONFLICT (node_id, master_key) DO UPDATE SET fingerprint = excluded.fingerprint
      """;

  // A node that has not said yet what it has is there too, with nothing.
  private static final String HOLDERS =
      """
      SELECT n.node_id, h.master_key, h.fingerprint
      FROM nodes n LEFT JOIN master_key_holders h ON h.node_id = n.node_id
      WHERE n.node_id = :node
        OR (n.stopped_at IS NULL AND n.heartbeat_at >= {now} - :silence_millis)
      ORDER BY n.node_id, h.master_key
      """;

  private final Database database;
  private final Node self;

  JdbcTenantKeyStore(Database database, Node self) {
    this.database = database;
    this.self = self;
  }

  @Override
  public @Nullable Wrapped find(TenantId tenant) {
    return database.read(handle -> find(handle, tenant)).orElse(null);
  }

  @Override
  public @Nullable Wrapped insertFirst(Wrapped fresh) {
    return database.write(
        handle -> {
          if (!isInUse(handle, fresh.masterKey())) {
            return null;
          }
          handle
              .createUpdate(INSERT_FIRST)
              .bind("tenant", fresh.tenant().value())
              .bind("wrapped", fresh.bytes())
              .bind("master_key", fresh.masterKey())
              .execute();
          return find(handle, fresh.tenant()).orElseThrow();
        });
  }

  /// Keeps it so until this transaction has committed.
  private boolean isInUse(Handle handle, String masterKey) {
    return handle
        .createQuery(IN_USE + database.forShare())
        .map((row, _) -> Columns.text(row, "master_key"))
        .one()
        .equals(masterKey);
  }

  private static Optional<Wrapped> find(Handle handle, TenantId tenant) {
    return handle
        .createQuery(FIND)
        .bind("tenant", tenant.value())
        .map(JdbcTenantKeyStore::wrapped)
        .findOne();
  }

  @Override
  public String inUse() {
    return database.read(
        handle ->
            handle.createQuery(IN_USE).map((row, _) -> Columns.text(row, "master_key")).one());
  }

  @Override
  public void use(String masterKey) {
    database.write(handle -> handle.createUpdate(USE).bind("master_key", masterKey).execute());
  }

  @Override
  public List<Wrapped> notUnder(String masterKey, @Nullable TenantId after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(NOT_UNDER)
                .bind("master_key", masterKey)
                .bind("after", after == null ? "" : after.value())
                .bind("limit", limit)
                .map(JdbcTenantKeyStore::wrapped)
                .list());
  }

  @Override
  public int rewrap(List<Rewrap> keys) {
    return database.write(
        handle -> {
          int stored = 0;
          for (Rewrap key : keys) {
            if (!isInUse(handle, key.to().masterKey())) {
              return -1;
            }
            stored +=
                handle
                    .createUpdate(REWRAP)
                    .bind("tenant", key.from().tenant().value())
                    .bind("old_master_key", key.from().masterKey())
                    .bind("old_wrapped", key.from().bytes())
                    .bind("master_key", key.to().masterKey())
                    .bind("wrapped", key.to().bytes())
                    .execute();
          }
          return stored;
        });
  }

  @Override
  public SortedMap<String, Long> counts() {
    SortedMap<String, Long> counts = new TreeMap<>();
    database
        .read(
            handle ->
                handle
                    .createQuery(COUNTS)
                    .map(
                        (row, _) -> Map.entry(Columns.text(row, "master_key"), row.getLong("keys")))
                    .list())
        .forEach(count -> counts.put(count.getKey(), count.getValue()));
    return counts;
  }

  @Override
  public void hold(Map<String, String> fingerprints) {
    database.write(
        handle -> {
          handle.createUpdate(LET_GO).bind("node", self.id().value()).execute();
          handle.createUpdate(LET_GO_OF_THE_LOST).execute();
          for (Map.Entry<String, String> held : fingerprints.entrySet()) {
            handle
                .createUpdate(HOLD)
                .bind("node", self.id().value())
                .bind("master_key", held.getKey())
                .bind("fingerprint", held.getValue())
                .execute();
          }
          return fingerprints.size();
        });
  }

  private record Held(String node, @Nullable String masterKey, @Nullable String fingerprint) {}

  @Override
  public List<Holder> holders() {
    List<Held> rows =
        database.read(
            handle ->
                handle
                    .createQuery(HOLDERS.replace("{now}", database.millis()))
                    .bind("node", self.id().value())
                    // Of a database that no other node can have, those are of the past.
                    .bind(
                        "silence_millis",
                        database.isShared() ? JdbcNodeStore.SILENCE.toMillis() : -1L)
                    .map(
                        (row, _) ->
                            new Held(
                                Columns.text(row, "node_id"),
                                Columns.textOrNull(row, "master_key"),
                                Columns.textOrNull(row, "fingerprint")))
                    .list());
    SortedMap<String, SortedMap<String, String>> byNode = new TreeMap<>();
    for (Held row : rows) {
      SortedMap<String, String> held = byNode.computeIfAbsent(row.node, _ -> new TreeMap<>());
      if (row.masterKey != null && row.fingerprint != null) {
        held.put(row.masterKey, row.fingerprint);
      }
    }
    List<Holder> holders = new ArrayList<>();
    byNode.forEach((node, held) -> holders.add(new Holder(new NodeId(node), held)));
    return holders;
  }

  private static Wrapped wrapped(ResultSet row, StatementContext context) throws SQLException {
    return new Wrapped(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "master_key"),
        Columns.bytes(row, "wrapped"));
  }
}

package dev.mandate.storage;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.json.Json;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/// The chain is computed in the transaction that appends to it, from the tenant's head.
final class JdbcAuditStore implements AuditStore {
  /// Rows that one read of the whole chain takes at a time.
  private static final int PAGE = 1000;

  private static final String SELECT =
      """
      SELECT tenant_id, seq, at, type, actor, mandate, outcome, request_id, details, hash
      FROM audit_events WHERE tenant_id = :tenant
      """;

  private static final String LATEST = SELECT + " ORDER BY seq DESC LIMIT :limit";
  private static final String AFTER = SELECT + " AND seq > :seq ORDER BY seq LIMIT :limit";

  private static final String INSERT =
      """
      INSERT INTO audit_events (tenant_id, seq, at, type, actor, mandate, outcome, request_id,
        details, hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String HEAD = "SELECT seq, hash FROM audit_heads WHERE tenant_id = :tenant";

  // Two nodes may begin a tenant's chain at once: one of them makes the row that both then lock.
  private static final String FIRST_HEAD =
      """
      INSERT INTO audit_heads (tenant_id, seq, hash) VALUES (:tenant, :seq, :hash)
      ON CONFLICT (tenant_id) DO NOTHING
      """;

  private static final String SAVE_HEAD =
      "UPDATE audit_heads SET seq = :seq, hash = :hash WHERE tenant_id = :tenant";

  private final Database database;
  private final AuditBuffer buffer;

  JdbcAuditStore(Database database, InstantSource clock) {
    this.database = database;
    this.buffer = new AuditBuffer(database, clock, this::append);
  }

  private record Head(long seq, byte[] hash) {
    static final Head START = new Head(0, AuditChain.start());
  }

  private record Row(long seq, AuditEvent event, byte[] hash) {}

  @Override
  public void append(List<AuditEvent> events) {
    if (!events.isEmpty()) {
      database.write(handle -> append(handle, events));
    }
  }

  /// Short, for all nodes take turns at a tenant's head.
  private int append(Handle handle, List<AuditEvent> events) {
    // Locked in one order: two nodes can't wait for each other.
    Map<TenantId, Head> heads = new TreeMap<>(Comparator.comparing(TenantId::value));
    events.forEach(event -> heads.put(event.tenant(), Head.START));
    heads.replaceAll((tenant, _) -> lockedHead(handle, tenant));
    try (PreparedStatement insert = handle.getConnection().prepareStatement(INSERT)) {
      InOrder rows = new InOrder(insert);
      for (AuditEvent event : events) {
        Head head = Objects.requireNonNull(heads.get(event.tenant()));
        long seq = head.seq + 1;
        byte[] hash = AuditChain.hash(head.hash, seq, event);
        add(rows, seq, event, hash);
        heads.put(event.tenant(), new Head(seq, hash));
      }
      var _ = rows.execute();
    } catch (SQLException e) {
      throw new StorageException("the audit log refuses an event", e);
    }
    heads.forEach((tenant, head) -> save(handle, SAVE_HEAD, tenant, head));
    return events.size();
  }

  private Head lockedHead(Handle handle, TenantId tenant) {
    String locking = HEAD + database.forUpdate();
    return head(handle, locking, tenant)
        .or(
            () -> {
              save(handle, FIRST_HEAD, tenant, Head.START);
              return head(handle, locking, tenant);
            })
        .orElseThrow();
  }

  private static void save(Handle handle, String sql, TenantId tenant, Head head) {
    handle
        .createUpdate(sql)
        .bind("tenant", tenant.value())
        .bind("seq", head.seq)
        .bind("hash", head.hash)
        .execute();
  }

  private static Optional<Head> head(Handle handle, String sql, TenantId tenant) {
    return handle
        .createQuery(sql)
        .bind("tenant", tenant.value())
        .map((row, _) -> new Head(row.getLong("seq"), Columns.bytes(row, "hash")))
        .findOne();
  }

  private static void add(InOrder rows, long seq, AuditEvent event, byte[] hash)
      throws SQLException {
    rows.text(event.tenant().value())
        .number(seq)
        .number(event.at().toEpochMilli())
        .text(event.type())
        .text(event.actor())
        .text(event.mandate())
        .text(event.outcome())
        .text(event.requestId())
        .text(Json.write(AuditChain.details(event.details())))
        .bytes(hash)
        .add();
  }

  @Override
  public void appendLater(AuditEvent event) {
    buffer.add(event);
  }

  /// Returns when all that was appended for later is committed.
  void flush() {
    buffer.flush();
  }

  @Override
  public List<AuditEvent> latest(TenantId tenant, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(LATEST)
                .bind("tenant", tenant.value())
                .bind("limit", limit)
                .map(JdbcAuditStore::row)
                .map(Row::event)
                .list());
  }

  @Override
  public long firstBroken(TenantId tenant) {
    // The head first: rows that come meanwhile are beyond it.
    Head head = database.read(handle -> head(handle, HEAD, tenant)).orElse(Head.START);
    long seq = 0;
    byte[] previous = AuditChain.start();
    while (true) {
      for (Row row : page(tenant, seq)) {
        if (row.seq != seq + 1
            || !Arrays.equals(row.hash, AuditChain.hash(previous, row.seq, row.event))) {
          return row.seq;
        }
        seq = row.seq;
        previous = row.hash;
        if (seq == head.seq && !Arrays.equals(previous, head.hash)) {
          return seq;
        }
      }
      if (page(tenant, seq).isEmpty()) {
        // Rows are missing at the end, or nothing is wrong.
        return seq < head.seq ? seq + 1 : 0;
      }
    }
  }

  private List<Row> page(TenantId tenant, long after) {
    return database.read(
        handle ->
            handle
                .createQuery(AFTER)
                .bind("tenant", tenant.value())
                .bind("seq", after)
                .bind("limit", PAGE)
                .map(JdbcAuditStore::row)
                .list());
  }

  private static Row row(ResultSet row, @Nullable StatementContext context) throws SQLException {
    Map<String, String> details = new HashMap<>();
    Json.parse(Columns.text(row, "details"))
        .properties()
        .forEach(member -> details.put(member.getKey(), member.getValue().asText()));
    return new Row(
        row.getLong("seq"),
        new AuditEvent(
            new TenantId(Columns.text(row, "tenant_id")),
            Columns.instant(row, "at"),
            Columns.text(row, "type"),
            Columns.text(row, "actor"),
            Columns.textOrNull(row, "mandate"),
            Columns.text(row, "outcome"),
            Columns.text(row, "request_id"),
            details),
        Columns.bytes(row, "hash"));
  }
}

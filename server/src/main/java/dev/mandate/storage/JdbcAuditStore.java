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

  // An empty text stands for a part of the filter that lets all pass.
  private static final String FILTERED =
      SELECT
          + """
           AND seq >= :first AND seq <= :last
            AND (:type = '' OR type = :type) AND (:actor = '' OR actor = :actor)
            AND (:mandate = '' OR mandate = :mandate) AND at >= :since AND at < :until
          """;

  private static final String NEWEST = FILTERED + " ORDER BY seq DESC LIMIT :limit";
  private static final String OLDEST = FILTERED + " ORDER BY seq LIMIT :limit";

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
  private final AuditQueue queue;
  private final AuditBuffer buffer;

  JdbcAuditStore(Database database, InstantSource clock) {
    this.database = database;
    this.queue = new AuditQueue(database, this::append);
    this.buffer = new AuditBuffer(database, clock, this::append);
  }

  private record Head(long seq, byte[] hash) {
    static final Head START = new Head(0, AuditChain.start());
  }

  private record Row(long seq, AuditEvent event, byte[] hash) {}

  int waiting() {
    return buffer.size();
  }

  long lost() {
    return buffer.lost();
  }

  @Override
  public void append(List<AuditEvent> events) {
    if (!events.isEmpty()) {
      queue.append(events);
    }
  }

  /// Short, for all nodes take turns at a tenant's head.
  private int append(Handle handle, List<AuditEvent> events) {
    // Locked in one order: two nodes can't wait for each other.
    Map<TenantId, Head> heads = new TreeMap<>(Comparator.comparing(TenantId::value));
    events.forEach(event -> heads.put(event.tenant(), Head.START));
    heads.replaceAll((tenant, _) -> lockedHead(handle, tenant));
    try {
      var _ = KeptStatements.with(handle, INSERT, insert -> insert(insert, events, heads));
    } catch (SQLException e) {
      throw new StorageException("the audit log refuses an event", e);
    }
    heads.forEach((tenant, head) -> save(handle, SAVE_HEAD, tenant, head));
    return events.size();
  }

  private static int[] insert(
      PreparedStatement insert, List<AuditEvent> events, Map<TenantId, Head> heads)
      throws SQLException {
    InOrder rows = new InOrder(insert);
    for (AuditEvent event : events) {
      Head head = Objects.requireNonNull(heads.get(event.tenant()));
      long seq = head.seq + 1;
      String details = AuditChain.details(event.details());
      byte[] hash = AuditChain.hash(head.hash, seq, event, details);
      add(rows, seq, event, details, hash);
      heads.put(event.tenant(), new Head(seq, hash));
    }
    return rows.execute();
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

  private static void add(InOrder rows, long seq, AuditEvent event, String details, byte[] hash)
      throws SQLException {
    rows.text(event.tenant().value())
        .number(seq)
        .number(event.at().toEpochMilli())
        .text(event.type())
        .text(event.actor())
        .text(event.mandate())
        .text(event.outcome())
        .text(event.requestId())
        .text(details)
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

  /// The same, for the last time.
  void close() {
    buffer.close();
  }

  @Override
  public List<AuditEvent> latest(TenantId tenant, int limit) {
    buffer.catchUp();
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
  public Page newest(TenantId tenant, Filter filter, @Nullable Long from, int limit) {
    buffer.catchUp();
    long head = head(tenant).seq;
    long last = from == null ? head : Math.min(from, head);
    long first = Math.max(1, last - SCANNED_MAX + 1);
    List<Numbered> found = filtered(NEWEST, tenant, filter, first, last, limit);
    long next = found.size() == limit ? found.getLast().seq() - 1 : first - 1;
    return new Page(found, next < 1 ? null : next);
  }

  @Override
  public Page oldest(TenantId tenant, Filter filter, long from, int limit) {
    buffer.catchUp();
    long head = head(tenant).seq;
    long first = Math.max(1, from);
    long last = Math.min(head, first + SCANNED_MAX - 1);
    List<Numbered> found = filtered(OLDEST, tenant, filter, first, last, limit);
    long next = found.size() == limit ? found.getLast().seq() + 1 : last + 1;
    return new Page(found, next > head ? null : next);
  }

  private List<Numbered> filtered(
      String sql, TenantId tenant, Filter filter, long first, long last, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(sql)
                .bind("tenant", tenant.value())
                .bind("first", first)
                .bind("last", last)
                .bind("type", orEmpty(filter.type()))
                .bind("actor", orEmpty(filter.actor()))
                .bind("mandate", orEmpty(filter.mandate()))
                .bind("since", filter.since() == null ? 0 : filter.since().toEpochMilli())
                .bind(
                    "until",
                    filter.until() == null ? Long.MAX_VALUE : filter.until().toEpochMilli())
                .bind("limit", limit)
                .map(JdbcAuditStore::row)
                .map(row -> new Numbered(row.seq, row.event))
                .list());
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private Head head(TenantId tenant) {
    return database.read(handle -> head(handle, HEAD, tenant)).orElse(Head.START);
  }

  @Override
  public long firstBroken(TenantId tenant) {
    buffer.catchUp();
    // The head first: rows that come meanwhile are beyond it.
    Head head = head(tenant);
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

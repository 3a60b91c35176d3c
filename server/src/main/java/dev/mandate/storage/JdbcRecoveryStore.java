package dev.mandate.storage;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.node.Node;
import dev.mandate.domain.recovery.RecoveryStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbcRecoveryStore implements RecoveryStore {
  private static final String AFTER =
      """
      SELECT seq, tenant_id, kind, subject, expires_at, at
      FROM revocations WHERE seq > :seq ORDER BY seq LIMIT :limit
      """;

  private static final String END = "SELECT COALESCE(MAX(seq), 0) AS seq FROM revocations";

  private static final String PLACE = "SELECT seq, mark FROM revocation_logs WHERE node_id = :node";

  private static final String KEEP =
      """
      INSERT INTO revocation_logs (node_id, seq, mark) VALUES (:node, :seq, :mark)
      ON CONFLICT (node_id) DO UPDATE SET seq = excluded.seq, mark = excluded.mark
      """;

  private static final String COPY = "SELECT taken_at FROM backup_copies ORDER BY taken_at LIMIT 1";

  private static final String SETTLE = "DELETE FROM backup_copies";

  private static final String LATEST =
      """
      SELECT MAX(at) AS latest FROM (
        SELECT MAX(heartbeat_at) AS at FROM nodes WHERE node_id <> :node
        UNION ALL SELECT MAX(at) AS at FROM revocations
        UNION ALL SELECT MAX(at) AS at FROM audit_events
        UNION ALL SELECT MAX(settled_at) AS at FROM ledger) AS times
      """;

  private static final String END_SESSIONS = "DELETE FROM sessions WHERE tenant_id = :tenant";

  private static final String END_REFRESH_TOKENS =
      """
      UPDATE refresh_families SET revoked_at = :now
      WHERE tenant_id = :tenant AND revoked_at IS NULL
      """;

  private static final String END_API_KEYS =
      """
      UPDATE api_keys SET revoked_at = :now WHERE tenant_id = :tenant AND revoked_at IS NULL
      RETURNING api_key_id
      """;

  // Those of the tenant's own services expire instead: where the configuration still names the
  // service, the next start gives it a new one, which it would not after a revocation.
  private static final String END_STANDING =
      """
      UPDATE mandates SET expires_at = :now
      WHERE tenant_id = :tenant AND user_id IS NULL AND parent_id IS NULL AND revoked_at IS NULL
        AND expires_at > :now
      """;

  private static final String END_MANDATES =
      """
      UPDATE mandates SET revoked_at = :now
      WHERE tenant_id = :tenant AND revoked_at IS NULL
        AND (user_id IS NOT NULL OR parent_id IS NOT NULL)
      RETURNING mandate_id
      """;

  private final Database database;
  private final Announcements announcements;
  private final Node self;

  JdbcRecoveryStore(Database database, Announcements announcements, Node self) {
    this.database = database;
    this.announcements = announcements;
    this.self = self;
  }

  @Override
  public List<Row> after(long after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(AFTER)
                .bind("seq", after)
                .bind("limit", limit)
                .map(
                    (row, _) ->
                        new Row(
                            row.getLong("seq"),
                            Columns.instant(row, "at"),
                            Announcements.change(row)))
                .list());
  }

  @Override
  public long end() {
    return database.read(handle -> handle.createQuery(END).mapTo(Long.class).one());
  }

  @Override
  public @Nullable Place place() {
    return database
        .read(
            handle ->
                handle
                    .createQuery(PLACE)
                    .bind("node", self.id().value())
                    .map((row, _) -> new Place(row.getLong("seq"), Columns.text(row, "mark")))
                    .findOne())
        .orElse(null);
  }

  @Override
  public void keep(Place place) {
    database.write(
        handle ->
            handle
                .createUpdate(KEEP)
                .bind("node", self.id().value())
                .bind("seq", place.seq())
                .bind("mark", place.mark())
                .execute());
  }

  @Override
  public @Nullable Instant copyTakenAt() {
    return database
        .read(
            handle ->
                handle
                    .createQuery(COPY)
                    .map((row, _) -> Columns.instant(row, "taken_at"))
                    .findOne())
        .orElse(null);
  }

  @Override
  public void settle() {
    database.write(handle -> handle.createUpdate(SETTLE).execute());
  }

  @Override
  public Instant latest() {
    return database.read(
        handle ->
            handle
                .createQuery(LATEST)
                .bind("node", self.id().value())
                .map((row, _) -> Columns.instant(row, "latest"))
                .one());
  }

  @Override
  public int endSessions(TenantId tenant) {
    return database.write(
        handle -> handle.createUpdate(END_SESSIONS).bind("tenant", tenant.value()).execute());
  }

  @Override
  public int endRefreshTokens(TenantId tenant, Instant now) {
    return database.write(handle -> update(handle, END_REFRESH_TOKENS, tenant, now));
  }

  private static int update(Handle handle, String sql, TenantId tenant, Instant now) {
    return handle
        .createUpdate(sql)
        .bind("tenant", tenant.value())
        .bind("now", now.toEpochMilli())
        .execute();
  }

  private static List<String> returning(
      Handle handle, String sql, TenantId tenant, Instant now, String id) {
    return handle
        .createQuery(sql)
        .bind("tenant", tenant.value())
        .bind("now", now.toEpochMilli())
        .map((row, _) -> Columns.text(row, id))
        .list();
  }

  @Override
  public int endApiKeys(TenantId tenant, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          List<String> ended = returning(handle, END_API_KEYS, tenant, now, "api_key_id");
          ended.forEach(id -> announce.accept(new Change.ApiKeyRevoked(tenant, new ApiKeyId(id))));
          return ended.size();
        });
  }

  @Override
  public int endMandates(TenantId tenant, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          int standing = update(handle, END_STANDING, tenant, now);
          List<String> ended = returning(handle, END_MANDATES, tenant, now, "mandate_id");
          ended.forEach(
              id -> announce.accept(new Change.MandateRevoked(tenant, new MandateId(id))));
          update(handle, END_REFRESH_TOKENS, tenant, now);
          if (standing > 0) {
            announce.accept(new Change.PolicyChanged(tenant));
          }
          return standing + ended.size();
        });
  }
}

package dev.mandate.storage;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcMandateStore implements MandateStore {
  private static final String SELECT =
      """
      SELECT tenant_id, mandate_id, client_id, user_id, scopes, access, created_at, expires_at,
        revoked_at, parent_id
      FROM mandates WHERE tenant_id = :tenant
      """;

  private static final String NEWEST_FIRST =
      " ORDER BY created_at DESC, mandate_id DESC LIMIT :limit";

  private static final String FIND = SELECT + " AND mandate_id = :mandate";
  private static final String OF_USER = SELECT + " AND user_id = :user" + NEWEST_FIRST;
  // What is null doesn't matter; a type is named because a bare null has none.
  private static final String PAGE =
      SELECT
          + """
           AND (created_at, mandate_id) < (:before_at, :before)
            AND (CAST(:client AS TEXT) IS NULL OR client_id = :client)
            AND (CAST(:user AS TEXT) IS NULL OR user_id = :user)
            AND (CAST(:status AS TEXT) IS NULL OR :status =
              CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
                WHEN expires_at <= :now THEN 'expired'
                ELSE 'active' END)
          """
          + NEWEST_FIRST;

  private static final String STANDING =
      SELECT
          + """
           AND client_id = :client AND user_id IS NULL AND parent_id IS NULL
            AND revoked_at IS NULL AND expires_at > :now
          """
          + NEWEST_FIRST;

  private static final String LATEST_STANDING =
      SELECT + " AND client_id = :client AND user_id IS NULL AND parent_id IS NULL" + NEWEST_FIRST;

  private static final String COUNT_LIVE =
      """
      SELECT COUNT(*) AS live FROM mandates
      WHERE tenant_id = :tenant AND user_id = :user AND revoked_at IS NULL AND expires_at > :now
      """;

  /// For what hangs on a mandate: inserted after this, it is either seen by the mandate's revocation
  /// or sees it.
  private static final String KEEP =
      "SELECT mandate_id FROM mandates WHERE tenant_id = :tenant AND mandate_id = :mandate";

  // A child of a mandate that was revoked meanwhile is born revoked.
  private static final String INSERT =
      """
      INSERT INTO mandates (tenant_id, mandate_id, client_id, user_id, scopes, access, created_at,
        expires_at, revoked_at, parent_id)
      VALUES (:tenant, :mandate, :client, :user, :scopes, :access, :created_at, :expires_at,
        COALESCE(:revoked_at, (SELECT revoked_at FROM mandates
          WHERE tenant_id = :tenant AND mandate_id = :parent)),
        :parent)
      """;

  // Through descendants that are revoked already, for below them some may not be.
  private static final String REVOKE =
      """
      WITH RECURSIVE line (mandate_id) AS (
        SELECT mandate_id FROM mandates WHERE tenant_id = :tenant AND mandate_id = :mandate
        UNION
        SELECT m.mandate_id FROM mandates m JOIN line ON m.parent_id = line.mandate_id
        WHERE m.tenant_id = :tenant)
      UPDATE mandates SET revoked_at = :now
      WHERE tenant_id = :tenant AND revoked_at IS NULL
        AND mandate_id IN (SELECT mandate_id FROM line)
      RETURNING mandate_id
      """;

  private static final String REVOKE_FAMILIES =
      """
      UPDATE refresh_families SET revoked_at = :now
      WHERE tenant_id = :tenant AND mandate_id = :mandate AND revoked_at IS NULL
      """;

  private static final String REVOKE_API_KEYS =
      """
      UPDATE api_keys SET revoked_at = :now
      WHERE tenant_id = :tenant AND mandate_id = :mandate AND revoked_at IS NULL
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcMandateStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable Mandate find(TenantId tenant, MandateId id) {
    return database.read(handle -> find(handle, tenant, id)).stream().findFirst().orElse(null);
  }

  private static List<Mandate> find(Handle handle, TenantId tenant, MandateId id) {
    return handle
        .createQuery(FIND)
        .bind("tenant", tenant.value())
        .bind("mandate", id.value())
        .map(JdbcMandateStore::mandate)
        .list();
  }

  @Override
  public void insert(Mandate mandate) {
    UserId user = mandate.user();
    MandateId parent = mandate.parent();
    database.write(
        handle -> {
          if (parent != null) {
            keep(database, handle, mandate.tenant(), parent);
          }
          return handle
              .createUpdate(INSERT)
              .bind("tenant", mandate.tenant().value())
              .bind("mandate", mandate.id().value())
              .bind("client", mandate.client().value())
              .bind("user", user == null ? null : user.value())
              .bind("scopes", Columns.texts(mandate.scopes()))
              .bind("access", AccessJson.writeAccess(mandate.access()))
              .bind("created_at", mandate.createdAt().toEpochMilli())
              .bind("expires_at", mandate.expiresAt().toEpochMilli())
              .bind("revoked_at", Columns.millis(mandate.revokedAt()))
              .bind("parent", parent == null ? null : parent.value())
              .execute();
        });
  }

  /// Waits for a revocation of the mandate that is under way, and lets none begin before this
  /// transaction has committed.
  static void keep(Database database, Handle handle, TenantId tenant, MandateId mandate) {
    handle
        .createQuery(KEEP + database.forShare())
        .bind("tenant", tenant.value())
        .bind("mandate", mandate.value())
        .mapTo(String.class)
        .findOne();
  }

  @Override
  public List<Mandate> ofUser(TenantId tenant, UserId user, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(OF_USER)
                .bind("tenant", tenant.value())
                .bind("user", user.value())
                .bind("limit", limit)
                .map(JdbcMandateStore::mandate)
                .list());
  }

  @Override
  public List<Mandate> page(
      TenantId tenant, Filter filter, @Nullable Position before, int limit, Instant now) {
    ClientId client = filter.client();
    UserId user = filter.user();
    Mandate.Status status = filter.status();
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind(
                    "before_at",
                    before == null ? Long.MAX_VALUE : before.createdAt().toEpochMilli())
                .bind("before", before == null ? "" : before.id().value())
                .bind("client", client == null ? null : client.value())
                .bind("user", user == null ? null : user.value())
                .bind("status", status == null ? null : status.wire())
                .bind("now", now.toEpochMilli())
                .bind("limit", limit)
                .map(JdbcMandateStore::mandate)
                .list());
  }

  @Override
  public int countLive(TenantId tenant, UserId user, Instant now) {
    return database.read(
        handle ->
            handle
                .createQuery(COUNT_LIVE)
                .bind("tenant", tenant.value())
                .bind("user", user.value())
                .bind("now", now.toEpochMilli())
                .map((row, _) -> row.getInt("live"))
                .one());
  }

  @Override
  public @Nullable Mandate standing(TenantId tenant, ClientId client, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(STANDING)
                    .bind("tenant", tenant.value())
                    .bind("client", client.value())
                    .bind("now", now.toEpochMilli())
                    .bind("limit", 1)
                    .map(JdbcMandateStore::mandate)
                    .findOne())
        .orElse(null);
  }

  @Override
  public @Nullable Mandate latestStanding(TenantId tenant, ClientId client) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(LATEST_STANDING)
                    .bind("tenant", tenant.value())
                    .bind("client", client.value())
                    .bind("limit", 1)
                    .map(JdbcMandateStore::mandate)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean revoke(TenantId tenant, MandateId id, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          List<String> revoked = revokeLine(handle, tenant, id, now);
          for (String mandate : revoked) {
            revokeWhatHangsOn(handle, tenant, mandate, now);
            announce.accept(new Change.MandateRevoked(tenant, new MandateId(mandate)));
          }
          return !revoked.isEmpty() || !find(handle, tenant, id).isEmpty();
        });
  }

  private static List<String> revokeLine(
      Handle handle, TenantId tenant, MandateId id, Instant now) {
    List<String> line = new ArrayList<>();
    List<String> revoked;
    do {
      revoked =
          handle
              .createQuery(REVOKE)
              .bind("tenant", tenant.value())
              .bind("mandate", id.value())
              .bind("now", now.toEpochMilli())
              .map((row, _) -> Columns.text(row, "mandate_id"))
              .list();
      line.addAll(revoked);
      // Again, until it finds none: a child whose insertion it waited for was not in its sight.
    } while (!revoked.isEmpty());
    return line;
  }

  private static void revokeWhatHangsOn(
      Handle handle, TenantId tenant, String mandate, Instant now) {
    for (String sql : List.of(REVOKE_FAMILIES, REVOKE_API_KEYS)) {
      handle
          .createUpdate(sql)
          .bind("tenant", tenant.value())
          .bind("mandate", mandate)
          .bind("now", now.toEpochMilli())
          .execute();
    }
  }

  private static Mandate mandate(ResultSet row, StatementContext context) throws SQLException {
    String user = Columns.textOrNull(row, "user_id");
    String parent = Columns.textOrNull(row, "parent_id");
    return new Mandate(
        new TenantId(Columns.text(row, "tenant_id")),
        new MandateId(Columns.text(row, "mandate_id")),
        new ClientId(Columns.text(row, "client_id")),
        user == null ? null : new UserId(user),
        new TreeSet<>(Columns.texts(row, "scopes")),
        AccessJson.readAccess(Columns.text(row, "access")),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "expires_at"),
        Columns.instantOrNull(row, "revoked_at"),
        parent == null ? null : new MandateId(parent));
  }
}

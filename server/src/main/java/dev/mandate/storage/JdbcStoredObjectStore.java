package dev.mandate.storage;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.ObjectOwner;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.providerstate.StoredObjectId;
import dev.mandate.domain.providerstate.StoredObjectStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcStoredObjectStore implements StoredObjectStore {
  private static final String INSERT =
      """
      INSERT INTO stored_objects (tenant_id, object_id, upstream, kind, provider_id, user_id,
        client_id, mandate_id, payer_id, credential_id, created_at, expires_at, deleted_at)
      VALUES (:tenant, :id, :upstream, :kind, :provider_id, :user, :client, :mandate, :payer,
        :credential, :created_at, :expires_at, NULL)
      ON CONFLICT (tenant_id, object_id) DO NOTHING
      """;

  private static final String SELECT =
      """
      SELECT tenant_id, object_id, upstream, kind, provider_id, user_id, client_id, mandate_id,
        payer_id, credential_id, created_at, expires_at, deleted_at
      FROM stored_objects WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND object_id = :id";

  /// `user_id` is empty for a client's own: null would equal nothing.
  private static final String OWNED =
      " AND user_id = :user AND client_id = :client AND deleted_at IS NULL"
          + " AND (expires_at IS NULL OR expires_at > :now)";

  private static final String FIND_OWNED = FIND + OWNED;

  private static final String PAGE_OWNED =
      SELECT
          + OWNED
          + """
           AND upstream = :upstream AND kind = :kind
            AND (created_at < :created OR (created_at = :created AND object_id < :after))
          ORDER BY created_at DESC, object_id DESC LIMIT :limit
          """;

  private static final String PAGE =
      SELECT
          + """
           AND object_id > :after AND deleted_at IS NULL
            AND (CAST(:user AS TEXT) IS NULL OR user_id = :user)
            AND (CAST(:client AS TEXT) IS NULL OR client_id = :client)
            AND (CAST(:upstream AS TEXT) IS NULL OR upstream = :upstream)
            AND (CAST(:kind AS TEXT) IS NULL OR kind = :kind)
          ORDER BY object_id LIMIT :limit
          """;

  private static final String DELETE =
      """
      UPDATE stored_objects SET deleted_at = :at
      WHERE tenant_id = :tenant AND object_id = :id AND deleted_at IS NULL
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcStoredObjectStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public boolean claim(StoredObject object) {
    return database.write(
        handle -> {
          int inserted =
              handle
                  .createUpdate(INSERT)
                  .bind("tenant", object.tenant().value())
                  .bind("id", object.id().value())
                  .bind("upstream", object.upstream())
                  .bind("kind", object.kind().wire())
                  .bind("provider_id", object.providerId())
                  .bind("user", user(object.owner()))
                  .bind("client", object.owner().client().value())
                  .bind("mandate", object.mandate().value())
                  .bind("payer", object.payer() == null ? null : object.payer().value())
                  .bind("credential", object.credentialId())
                  .bind("created_at", object.createdAt().toEpochMilli())
                  .bind("expires_at", Columns.millis(object.expiresAt()))
                  .execute();
          return inserted == 1
              || find(
                      handle,
                      FIND_OWNED,
                      object.tenant(),
                      object.id(),
                      object.owner(),
                      object.createdAt())
                  != null;
        });
  }

  @Override
  public @Nullable StoredObject find(
      TenantId tenant, ObjectOwner owner, StoredObjectId id, Instant now) {
    return database
        .read(handle -> Optional.ofNullable(find(handle, FIND_OWNED, tenant, id, owner, now)))
        .orElse(null);
  }

  private static @Nullable StoredObject find(
      Handle handle,
      String sql,
      TenantId tenant,
      StoredObjectId id,
      ObjectOwner owner,
      Instant now) {
    return handle
        .createQuery(sql)
        .bind("tenant", tenant.value())
        .bind("id", id.value())
        .bind("user", user(owner))
        .bind("client", owner.client().value())
        .bind("now", now.toEpochMilli())
        .map(JdbcStoredObjectStore::object)
        .findOne()
        .orElse(null);
  }

  @Override
  public List<StoredObject> owned(
      TenantId tenant,
      ObjectOwner owner,
      String upstream,
      ObjectKind kind,
      @Nullable StoredObject after,
      int limit,
      Instant now) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE_OWNED)
                .bind("tenant", tenant.value())
                .bind("user", user(owner))
                .bind("client", owner.client().value())
                .bind("now", now.toEpochMilli())
                .bind("upstream", upstream)
                .bind("kind", kind.wire())
                .bind("created", after == null ? Long.MAX_VALUE : after.createdAt().toEpochMilli())
                .bind("after", after == null ? "" : after.id().value())
                .bind("limit", limit)
                .map(JdbcStoredObjectStore::object)
                .list());
  }

  @Override
  public List<StoredObject> page(
      TenantId tenant, Filter filter, @Nullable StoredObjectId after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("after", after == null ? "" : after.value())
                .bind("user", filter.user() == null ? null : filter.user().value())
                .bind("client", filter.client() == null ? null : filter.client().value())
                .bind("upstream", filter.upstream())
                .bind("kind", filter.kind() == null ? null : filter.kind().wire())
                .bind("limit", limit)
                .map(JdbcStoredObjectStore::object)
                .list());
  }

  @Override
  public @Nullable StoredObject find(TenantId tenant, StoredObjectId id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("id", id.value())
                    .map(JdbcStoredObjectStore::object)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean delete(TenantId tenant, StoredObjectId id, Instant at) {
    return database.write(handle -> delete(handle, tenant, id, at));
  }

  @Override
  public boolean withdraw(TenantId tenant, StoredObjectId id, Instant at) {
    return announcements.write(
        (handle, announce) -> {
          boolean deleted = delete(handle, tenant, id, at);
          if (deleted) {
            announce.accept(new Change.PolicyChanged(tenant));
          }
          return deleted;
        });
  }

  private static boolean delete(Handle handle, TenantId tenant, StoredObjectId id, Instant at) {
    return handle
            .createUpdate(DELETE)
            .bind("tenant", tenant.value())
            .bind("id", id.value())
            .bind("at", at.toEpochMilli())
            .execute()
        == 1;
  }

  private static String user(ObjectOwner owner) {
    return owner.user() == null ? "" : owner.user().value();
  }

  private static StoredObject object(ResultSet row, StatementContext context) throws SQLException {
    String user = Columns.text(row, "user_id");
    String payer = Columns.textOrNull(row, "payer_id");
    return new StoredObject(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "upstream"),
        ObjectKind.ofWire(Columns.text(row, "kind")),
        Columns.text(row, "provider_id"),
        new ObjectOwner(
            user.isEmpty() ? null : new UserId(user), new ClientId(Columns.text(row, "client_id"))),
        new MandateId(Columns.text(row, "mandate_id")),
        payer == null ? null : new UserId(payer),
        Columns.text(row, "credential_id"),
        Columns.instant(row, "created_at"),
        Columns.instantOrNull(row, "expires_at"),
        Columns.instantOrNull(row, "deleted_at"));
  }
}

package dev.mandate.storage;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Egress;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcCredentialStore implements CredentialStore {
  private static final String SELECT =
      """
      SELECT tenant_id, credential_id, upstream, sealed_secret, hint, created_at, activated_at
      FROM credentials WHERE tenant_id = :tenant AND upstream = :upstream
      """;

  private static final String CURRENT =
      SELECT + " ORDER BY activated_at DESC, credential_id DESC LIMIT 1";

  private static final String FIND = SELECT + " AND credential_id = :credential";

  private static final String PAGE =
      SELECT + " AND credential_id > :after ORDER BY credential_id LIMIT :limit";

  private static final String INSERT =
      """
      INSERT INTO credentials (tenant_id, credential_id, upstream, sealed_secret, hint, created_at,
        activated_at)
      VALUES (:tenant, :credential, :upstream, :sealed_secret, :hint, :created_at, :activated_at)
      """;

  private static final String UPSTREAM =
      "SELECT base_url FROM upstreams WHERE tenant_id = :tenant AND name = :upstream";

  // Later than every other, whatever the clocks of the nodes say.
  private static final String ACTIVATE =
      """
      UPDATE credentials SET activated_at = 1 + (
        SELECT MAX(CASE WHEN activated_at > :now THEN activated_at ELSE :now END)
        FROM credentials WHERE tenant_id = :tenant AND upstream = :upstream)
      WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :credential
      """;

  private static final String DELETE =
      """
      DELETE FROM credentials
      WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :credential
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcCredentialStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable Stored current(TenantId tenant, String upstream) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(CURRENT)
                    .bind("tenant", tenant.value())
                    .bind("upstream", upstream)
                    .map(JdbcCredentialStore::stored)
                    .findOne())
        .orElse(null);
  }

  @Override
  public @Nullable Stored find(TenantId tenant, String upstream, String id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("upstream", upstream)
                    .bind("credential", id)
                    .map(JdbcCredentialStore::stored)
                    .findOne())
        .orElse(null);
  }

  @Override
  public List<Stored> page(TenantId tenant, String upstream, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("upstream", upstream)
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(JdbcCredentialStore::stored)
                .list());
  }

  @Override
  public void insert(Stored credential) {
    announcements.write(
        (handle, announce) -> {
          announce.accept(new Change.PolicyChanged(credential.tenant()));
          return insert(handle, credential);
        });
  }

  @Override
  public boolean insertFor(String origin, Stored credential) {
    return announcements.write(
        (handle, announce) -> {
          // Locked: who moves the upstream elsewhere waits, and then sees this credential.
          boolean there =
              handle
                  .createQuery(UPSTREAM + database.forUpdate())
                  .bind("tenant", credential.tenant().value())
                  .bind("upstream", credential.upstream())
                  .map((row, _) -> Egress.origin(URI.create(Columns.text(row, "base_url"))))
                  .findOne()
                  .filter(origin::equals)
                  .isPresent();
          if (there) {
            insert(handle, credential);
            activate(
                handle,
                credential.tenant(),
                credential.upstream(),
                credential.id(),
                credential.activatedAt());
            announce.accept(new Change.PolicyChanged(credential.tenant()));
          }
          return there;
        });
  }

  private static int insert(Handle handle, Stored credential) {
    return handle
        .createUpdate(INSERT)
        .bind("tenant", credential.tenant().value())
        .bind("credential", credential.id())
        .bind("upstream", credential.upstream())
        .bind("sealed_secret", credential.sealedSecret())
        .bind("hint", credential.hint())
        .bind("created_at", credential.createdAt().toEpochMilli())
        .bind("activated_at", credential.activatedAt().toEpochMilli())
        .execute();
  }

  @Override
  public boolean activate(TenantId tenant, String upstream, String id, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          boolean found = activate(handle, tenant, upstream, id, now) == 1;
          if (found) {
            announce.accept(new Change.PolicyChanged(tenant));
          }
          return found;
        });
  }

  private static int activate(
      Handle handle, TenantId tenant, String upstream, String id, Instant now) {
    return handle
        .createUpdate(ACTIVATE)
        .bind("tenant", tenant.value())
        .bind("upstream", upstream)
        .bind("credential", id)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  @Override
  public boolean delete(TenantId tenant, String upstream, String id) {
    return announcements.write(
        (handle, announce) -> {
          boolean found =
              handle
                      .createUpdate(DELETE)
                      .bind("tenant", tenant.value())
                      .bind("upstream", upstream)
                      .bind("credential", id)
                      .execute()
                  == 1;
          if (found) {
            announce.accept(new Change.PolicyChanged(tenant));
          }
          return found;
        });
  }

  private static Stored stored(ResultSet row, StatementContext context) throws SQLException {
    return new Stored(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "credential_id"),
        Columns.text(row, "upstream"),
        Columns.bytes(row, "sealed_secret"),
        Columns.text(row, "hint"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "activated_at"));
  }
}

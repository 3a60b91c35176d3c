package dev.mandate.storage;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcCredentialStore implements CredentialStore {
  private static final String CURRENT =
      """
      SELECT tenant_id, credential_id, upstream, sealed_secret, created_at
      FROM credentials WHERE tenant_id = :tenant AND upstream = :upstream
      ORDER BY created_at DESC, credential_id DESC LIMIT 1
      """;

  private static final String INSERT =
      """
      INSERT INTO credentials (tenant_id, credential_id, upstream, sealed_secret, created_at)
      VALUES (:tenant, :credential, :upstream, :sealed_secret, :created_at)
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
  public void insert(Stored credential) {
    announcements.write(
        (handle, announce) -> {
          announce.accept(new Change.PolicyChanged(credential.tenant()));
          return handle
              .createUpdate(INSERT)
              .bind("tenant", credential.tenant().value())
              .bind("credential", credential.id())
              .bind("upstream", credential.upstream())
              .bind("sealed_secret", credential.sealedSecret())
              .bind("created_at", credential.createdAt().toEpochMilli())
              .execute();
        });
  }

  private static Stored stored(ResultSet row, StatementContext context) throws SQLException {
    return new Stored(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "credential_id"),
        Columns.text(row, "upstream"),
        Columns.bytes(row, "sealed_secret"),
        Columns.instant(row, "created_at"));
  }
}

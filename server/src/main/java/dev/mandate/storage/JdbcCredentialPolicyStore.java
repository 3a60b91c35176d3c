package dev.mandate.storage;

import dev.mandate.domain.credential.CredentialPolicy;
import dev.mandate.domain.credential.CredentialPolicyStore;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

final class JdbcCredentialPolicyStore implements CredentialPolicyStore {
  private static final String ALL =
      """
      SELECT tenant_id, upstream, own_credentials, rotate_days, project, sealed_admin_secret,
        admin_hint
      FROM credential_policies WHERE tenant_id = :tenant
      """;

  private static final String FIND = ALL + " AND upstream = :upstream";

  private static final String SAVE =
      """
      INSERT INTO credential_policies (tenant_id, upstream, own_credentials, rotate_days, project,
        sealed_admin_secret, admin_hint)
      VALUES (:tenant, :upstream, :own_credentials, :rotate_days, :project, :sealed_admin_secret,
        :admin_hint)
      ON CONFLICT (tenant_id, upstream) DO UPDATE SET own_credentials = excluded.own_credentials,
        rotate_days = excluded.rotate_days, project = excluded.project,
        sealed_admin_secret = excluded.sealed_admin_secret, admin_hint = excluded.admin_hint
      """;

  private static final String TENANTS =
      "SELECT DISTINCT tenant_id FROM credential_policies WHERE rotate_days IS NOT NULL";

  private final Database database;
  private final Announcements announcements;

  JdbcCredentialPolicyStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public CredentialPolicy policy(TenantId tenant, String upstream) {
    return database.read(handle -> policy(handle, tenant, upstream));
  }

  private static CredentialPolicy policy(Handle handle, TenantId tenant, String upstream) {
    return handle
        .createQuery(FIND)
        .bind("tenant", tenant.value())
        .bind("upstream", upstream)
        .map(JdbcCredentialPolicyStore::read)
        .findOne()
        .orElseGet(() -> CredentialPolicy.standard(tenant, upstream));
  }

  @Override
  public boolean replace(String origin, CredentialPolicy expected, CredentialPolicy replacement) {
    TenantId tenant = expected.tenant();
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, tenant);
          if (!JdbcCredentialStore.isAt(handle, database, tenant, expected.upstream(), origin)
              || !policy(handle, tenant, expected.upstream()).isSame(expected)) {
            return false;
          }
          handle
              .createUpdate(SAVE)
              .bind("tenant", tenant.value())
              .bind("upstream", replacement.upstream())
              .bind("own_credentials", replacement.ownCredentials().wire())
              .bind("rotate_days", replacement.rotateDays())
              .bind("project", replacement.project())
              .bind("sealed_admin_secret", replacement.sealedAdminSecret())
              .bind("admin_hint", replacement.adminHint())
              .execute();
          announce.accept(new Change.PolicyChanged(tenant));
          return true;
        });
  }

  @Override
  public List<TenantId> scheduling() {
    return database.read(
        handle ->
            handle
                .createQuery(TENANTS)
                .map((row, _) -> new TenantId(Columns.text(row, "tenant_id")))
                .list());
  }

  @Override
  public List<CredentialPolicy> policies(TenantId tenant) {
    return database.read(
        handle ->
            handle
                .createQuery(ALL)
                .bind("tenant", tenant.value())
                .map(JdbcCredentialPolicyStore::read)
                .list());
  }

  private static CredentialPolicy read(ResultSet row, StatementContext context)
      throws SQLException {
    Long days = Columns.longOrNull(row, "rotate_days");
    return new CredentialPolicy(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "upstream"),
        OwnCredentials.ofWire(Columns.text(row, "own_credentials")),
        days == null ? null : Math.toIntExact(days),
        Columns.textOrNull(row, "project"),
        row.getBytes("sealed_admin_secret"),
        Columns.text(row, "admin_hint"));
  }
}

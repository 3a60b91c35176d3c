package dev.mandate.storage;

import dev.mandate.domain.credential.CredentialState;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/// The rows of `credentials`, for every store that reads, adds or removes them.
final class CredentialRows {
  static final String COLUMNS =
      """
      tenant_id, credential_id, upstream, owner_id, sealed_secret, hint, state, weight, created_at,
        activated_at, ends_at, rejections, retry_at, last_used_at, last_error, last_error_at,
        provider_ref
      """;

  private static final String INSERT =
      """
      INSERT INTO credentials (tenant_id, credential_id, upstream, owner_id, sealed_secret, hint,
        state, weight, created_at, activated_at, rejections, provider_ref)
      VALUES (:tenant, :credential, :upstream, :owner, :sealed_secret, :hint,
        :state, :weight, :created_at, :activated_at, 0, :provider_ref)
      """;

  private static final String DELETE_OF_UPSTREAM =
      """
      DELETE FROM credentials WHERE tenant_id = :tenant AND upstream = :subject
      RETURNING credential_id
      """;

  private static final String DELETE_OF_USER =
      """
      DELETE FROM credentials WHERE tenant_id = :tenant AND owner_id = :subject
      RETURNING credential_id
      """;

  private CredentialRows() {}

  static void insert(Handle handle, Stored credential) {
    handle
        .createUpdate(INSERT)
        .bind("tenant", credential.tenant().value())
        .bind("credential", credential.id())
        .bind("upstream", credential.upstream())
        .bind("owner", owner(credential.owner()))
        .bind("sealed_secret", credential.sealedSecret())
        .bind("hint", credential.hint())
        .bind("state", credential.state().wire())
        .bind("weight", credential.weight())
        .bind("created_at", credential.createdAt().toEpochMilli())
        .bind("activated_at", credential.activatedAt().toEpochMilli())
        .bind("provider_ref", credential.providerRef())
        .execute();
  }

  static void deleteOfUpstream(
      Handle handle, Consumer<Change> announce, TenantId tenant, String upstream) {
    delete(handle, announce, DELETE_OF_UPSTREAM, tenant, upstream);
  }

  /// What a person brought goes with the person.
  static void deleteOfUser(Handle handle, Consumer<Change> announce, TenantId tenant, UserId user) {
    delete(handle, announce, DELETE_OF_USER, tenant, user.value());
  }

  private static void delete(
      Handle handle, Consumer<Change> announce, String sql, TenantId tenant, String subject) {
    List<String> gone =
        handle
            .createQuery(sql)
            .bind("tenant", tenant.value())
            .bind("subject", subject)
            .map((row, _) -> Columns.text(row, "credential_id"))
            .list();
    gone.forEach(id -> announce.accept(new Change.CredentialRevoked(tenant, id)));
  }

  static @Nullable String owner(@Nullable UserId owner) {
    return owner == null ? null : owner.value();
  }

  static Stored stored(ResultSet row, StatementContext context) throws SQLException {
    String owner = Columns.textOrNull(row, "owner_id");
    return new Stored(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "credential_id"),
        Columns.text(row, "upstream"),
        owner == null ? null : new UserId(owner),
        Columns.bytes(row, "sealed_secret"),
        Columns.text(row, "hint"),
        CredentialState.ofWire(Columns.text(row, "state")),
        row.getInt("weight"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "activated_at"),
        Columns.instantOrNull(row, "ends_at"),
        row.getInt("rejections"),
        Columns.instantOrNull(row, "retry_at"),
        Columns.instantOrNull(row, "last_used_at"),
        Columns.textOrNull(row, "last_error"),
        Columns.instantOrNull(row, "last_error_at"),
        Columns.textOrNull(row, "provider_ref"));
  }
}

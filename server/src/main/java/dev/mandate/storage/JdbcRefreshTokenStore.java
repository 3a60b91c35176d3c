package dev.mandate.storage;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.RefreshToken;
import dev.mandate.domain.token.RefreshTokenStore;
import dev.mandate.platform.crypto.TokenHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/// A token's states: unused → rotated (it has a sealed successor) → superseded (the successor was
/// used; the sealed copy is gone).
final class JdbcRefreshTokenStore implements RefreshTokenStore {
  private static final String FIND =
      """
      SELECT t.tenant_id, t.hash, t.family, t.client_id, t.mandate_id, t.resources, t.expires_at,
        t.predecessor, t.sealed_successor, t.superseded_at, t.thumbprint
      FROM refresh_tokens t
      JOIN refresh_families f ON f.tenant_id = t.tenant_id AND f.family = t.family
      WHERE t.tenant_id = :tenant AND t.hash = :hash AND f.revoked_at IS NULL
      """;

  private static final String FIND_USABLE =
      FIND + " AND t.superseded_at IS NULL AND t.expires_at > :now";

  // What happens to a family's tokens happens one after the other. The family is locked before any
  // token is read: locked with it, two tokens of one family could wait for each other.
  private static final String LOCK_FAMILY =
      """
      SELECT family FROM refresh_families WHERE tenant_id = :tenant AND family = (
        SELECT family FROM refresh_tokens WHERE tenant_id = :tenant AND hash = :hash)
      """;

  // A family of a mandate that was revoked meanwhile is born revoked.
  private static final String INSERT_FAMILY =
      """
      INSERT INTO refresh_families (tenant_id, family, mandate_id, revoked_at)
      VALUES (:tenant, :family, :mandate,
        (SELECT revoked_at FROM mandates WHERE tenant_id = :tenant AND mandate_id = :mandate))
      ON CONFLICT (tenant_id, family) DO NOTHING
      """;

  private static final String INSERT =
      """
      INSERT INTO refresh_tokens (tenant_id, hash, family, client_id, mandate_id, resources,
        expires_at, predecessor, thumbprint)
      VALUES (:tenant, :hash, :family, :client, :mandate, :resources, :expires_at, :predecessor,
        :thumbprint)
      """;

  private static final String KEEP_SUCCESSOR =
      """
      UPDATE refresh_tokens SET sealed_successor = :sealed_successor
      WHERE tenant_id = :tenant AND hash = :hash
      """;

  private static final String SUPERSEDE =
      """
      UPDATE refresh_tokens SET superseded_at = :now, sealed_successor = NULL
      WHERE tenant_id = :tenant AND hash = :hash AND superseded_at IS NULL
      """;

  private final Database database;

  JdbcRefreshTokenStore(Database database) {
    this.database = database;
  }

  private record Row(
      RefreshToken refresh,
      @Nullable TokenHash predecessor,
      byte @Nullable [] sealedSuccessor,
      @Nullable Instant supersededAt) {}

  @Override
  public void insert(RefreshToken token) {
    database.write(
        handle -> {
          JdbcMandateStore.keep(database, handle, token.tenant(), token.mandate());
          handle
              .createUpdate(INSERT_FAMILY)
              .bind("tenant", token.tenant().value())
              .bind("family", token.family())
              .bind("mandate", token.mandate().value())
              .execute();
          return insert(handle, token, null);
        });
  }

  private static int insert(Handle handle, RefreshToken token, @Nullable TokenHash predecessor) {
    return handle
        .createUpdate(INSERT)
        .bind("tenant", token.tenant().value())
        .bind("hash", token.hash().value())
        .bind("family", token.family())
        .bind("client", token.client().value())
        .bind("mandate", token.mandate().value())
        .bind("resources", Columns.texts(token.resources()))
        .bind("expires_at", token.expiresAt().toEpochMilli())
        .bind("predecessor", predecessor == null ? null : predecessor.value())
        .bind("thumbprint", token.thumbprint())
        .execute();
  }

  @Override
  public @Nullable RefreshToken find(TenantId tenant, TokenHash hash) {
    return database.read(handle -> find(handle, tenant, hash)).map(Row::refresh).orElse(null);
  }

  @Override
  public @Nullable RefreshToken findUsable(TenantId tenant, TokenHash hash, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND_USABLE)
                    .bind("tenant", tenant.value())
                    .bind("hash", hash.value())
                    .bind("now", now.toEpochMilli())
                    .map(JdbcRefreshTokenStore::row)
                    .findOne())
        .map(Row::refresh)
        .orElse(null);
  }

  private void lockFamily(Handle handle, TenantId tenant, TokenHash hash) {
    handle
        .createQuery(LOCK_FAMILY + database.forUpdate())
        .bind("tenant", tenant.value())
        .bind("hash", hash.value())
        .mapTo(String.class)
        .findOne();
  }

  private static Optional<Row> find(Handle handle, TenantId tenant, TokenHash hash) {
    return handle
        .createQuery(FIND)
        .bind("tenant", tenant.value())
        .bind("hash", hash.value())
        .map(JdbcRefreshTokenStore::row)
        .findOne();
  }

  @Override
  public Rotation rotate(
      TenantId tenant,
      TokenHash presented,
      TokenHash successor,
      byte[] sealedSuccessor,
      Instant now,
      Instant successorExpiresAt) {
    return database.write(
        handle -> {
          lockFamily(handle, tenant, presented);
          Optional<Row> found = find(handle, tenant, presented);
          if (found.isEmpty() || !now.isBefore(found.get().refresh.expiresAt())) {
            return new Rotation.Unknown();
          }
          Row row = found.get();
          if (row.supersededAt != null) {
            return now.isAfter(row.supersededAt.plus(REUSE_GRACE))
                ? new Rotation.Reused(row.refresh.mandate())
                : new Rotation.Superseded();
          }
          if (row.predecessor != null) {
            supersede(handle, tenant, row.predecessor, now);
          }
          // Its successor's first use would have superseded it: so the successor is unused.
          if (row.sealedSuccessor != null) {
            return new Rotation.Repeated(row.refresh, row.sealedSuccessor);
          }
          RefreshToken next = next(row.refresh, successor, successorExpiresAt);
          insert(handle, next, presented);
          keepSuccessor(handle, tenant, presented, sealedSuccessor);
          return new Rotation.Rotated(row.refresh);
        });
  }

  private static RefreshToken next(RefreshToken token, TokenHash hash, Instant expiresAt) {
    return new RefreshToken(
        token.tenant(),
        hash,
        token.family(),
        token.client(),
        token.mandate(),
        token.resources(),
        expiresAt,
        token.thumbprint());
  }

  private static void supersede(
      Handle handle, TenantId tenant, TokenHash predecessor, Instant now) {
    handle
        .createUpdate(SUPERSEDE)
        .bind("tenant", tenant.value())
        .bind("hash", predecessor.value())
        .bind("now", now.toEpochMilli())
        .execute();
  }

  private static void keepSuccessor(
      Handle handle, TenantId tenant, TokenHash hash, byte[] sealedSuccessor) {
    handle
        .createUpdate(KEEP_SUCCESSOR)
        .bind("tenant", tenant.value())
        .bind("hash", hash.value())
        .bind("sealed_successor", sealedSuccessor)
        .execute();
  }

  private static Row row(ResultSet row, StatementContext context) throws SQLException {
    String predecessor = Columns.textOrNull(row, "predecessor");
    return new Row(
        new RefreshToken(
            new TenantId(Columns.text(row, "tenant_id")),
            new TokenHash(Columns.text(row, "hash")),
            Columns.text(row, "family"),
            new ClientId(Columns.text(row, "client_id")),
            new MandateId(Columns.text(row, "mandate_id")),
            Columns.texts(row, "resources"),
            Columns.instant(row, "expires_at"),
            Columns.textOrNull(row, "thumbprint")),
        predecessor == null ? null : new TokenHash(predecessor),
        row.getBytes("sealed_successor"),
        Columns.instantOrNull(row, "superseded_at"));
  }
}

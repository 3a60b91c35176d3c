package dev.mandate.storage;

import dev.mandate.domain.session.Session;
import dev.mandate.domain.session.SessionStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcSessionStore implements SessionStore {
  private static final String INSERT =
      """
      INSERT INTO sessions (tenant_id, hash, user_id, authenticated_at, expires_at)
      VALUES (:tenant, :hash, :user, :authenticated_at, :expires_at)
      """;

  private static final String FIND =
      """
      SELECT s.tenant_id, s.hash, s.user_id, s.authenticated_at, s.expires_at
      FROM sessions s JOIN users u ON u.tenant_id = s.tenant_id AND u.user_id = s.user_id
      WHERE s.tenant_id = :tenant AND s.hash = :hash AND s.expires_at > :now AND u.disabled = 0
      """;

  private static final String DELETE =
      "DELETE FROM sessions WHERE tenant_id = :tenant AND hash = :hash";

  private static final String DELETE_OF_USER =
      "DELETE FROM sessions WHERE tenant_id = :tenant AND user_id = :user";

  private final Database database;

  JdbcSessionStore(Database database) {
    this.database = database;
  }

  @Override
  public void insert(Session session) {
    database.write(
        handle ->
            handle
                .createUpdate(INSERT)
                .bind("tenant", session.tenant().value())
                .bind("hash", session.hash().value())
                .bind("user", session.user().value())
                .bind("authenticated_at", session.authenticatedAt().toEpochMilli())
                .bind("expires_at", session.expiresAt().toEpochMilli())
                .execute());
  }

  @Override
  public @Nullable Session find(TenantId tenant, TokenHash hash, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("hash", hash.value())
                    .bind("now", now.toEpochMilli())
                    .map(JdbcSessionStore::session)
                    .findOne())
        .orElse(null);
  }

  @Override
  public void delete(TenantId tenant, TokenHash hash) {
    database.write(
        handle ->
            handle
                .createUpdate(DELETE)
                .bind("tenant", tenant.value())
                .bind("hash", hash.value())
                .execute());
  }

  @Override
  public void deleteOfUser(TenantId tenant, UserId user) {
    database.write(
        handle ->
            handle
                .createUpdate(DELETE_OF_USER)
                .bind("tenant", tenant.value())
                .bind("user", user.value())
                .execute());
  }

  private static Session session(ResultSet row, StatementContext context) throws SQLException {
    return new Session(
        new TenantId(Columns.text(row, "tenant_id")),
        new TokenHash(Columns.text(row, "hash")),
        new UserId(Columns.text(row, "user_id")),
        Columns.instant(row, "authenticated_at"),
        Columns.instant(row, "expires_at"));
  }
}

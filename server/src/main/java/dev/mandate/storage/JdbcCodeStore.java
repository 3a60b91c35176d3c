package dev.mandate.storage;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AuthorizationCode;
import dev.mandate.domain.token.CodeStore;
import dev.mandate.platform.crypto.TokenHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcCodeStore implements CodeStore {
  private static final String FIND =
      """
      SELECT tenant_id, hash, client_id, mandate_id, redirect_uri, code_challenge, nonce, resources,
        thumbprint, authenticated_at, expires_at
      FROM codes WHERE tenant_id = :tenant AND hash = :hash
      """;

  private static final String INSERT =
      """
      INSERT INTO codes (tenant_id, hash, client_id, mandate_id, redirect_uri, code_challenge, nonce,
        resources, thumbprint, authenticated_at, expires_at)
      VALUES (:tenant, :hash, :client, :mandate, :redirect_uri, :code_challenge, :nonce,
        :resources, :thumbprint, :authenticated_at, :expires_at)
      """;

  // RFC 6749 §4.1.2: a code MUST NOT be used more than once.
  private static final String CONSUME =
      """
      UPDATE codes SET used_at = :now
      WHERE tenant_id = :tenant AND hash = :hash AND used_at IS NULL
      """;

  private final Database database;

  JdbcCodeStore(Database database) {
    this.database = database;
  }

  @Override
  public void insert(AuthorizationCode code) {
    database.write(
        handle ->
            handle
                .createUpdate(INSERT)
                .bind("tenant", code.tenant().value())
                .bind("hash", code.hash().value())
                .bind("client", code.client().value())
                .bind("mandate", code.mandate().value())
                .bind("redirect_uri", code.redirectUri())
                .bind("code_challenge", code.codeChallenge())
                .bind("nonce", code.nonce())
                .bind("resources", Columns.texts(code.resources()))
                .bind("thumbprint", code.thumbprint())
                .bind("authenticated_at", code.authenticatedAt().toEpochMilli())
                .bind("expires_at", code.expiresAt().toEpochMilli())
                .execute());
  }

  @Override
  public @Nullable AuthorizationCode find(TenantId tenant, TokenHash hash) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("hash", hash.value())
                    .map(JdbcCodeStore::code)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean consume(TenantId tenant, TokenHash hash, Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(CONSUME)
                    .bind("tenant", tenant.value())
                    .bind("hash", hash.value())
                    .bind("now", now.toEpochMilli())
                    .execute())
        == 1;
  }

  private static AuthorizationCode code(ResultSet row, StatementContext context)
      throws SQLException {
    return new AuthorizationCode(
        new TenantId(Columns.text(row, "tenant_id")),
        new TokenHash(Columns.text(row, "hash")),
        new ClientId(Columns.text(row, "client_id")),
        new MandateId(Columns.text(row, "mandate_id")),
        Columns.textOrNull(row, "redirect_uri"),
        Columns.text(row, "code_challenge"),
        Columns.textOrNull(row, "nonce"),
        Columns.texts(row, "resources"),
        Columns.textOrNull(row, "thumbprint"),
        Columns.instant(row, "authenticated_at"),
        Columns.instant(row, "expires_at"));
  }
}

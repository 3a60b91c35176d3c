package dev.mandate.storage;

import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.authorization.PendingStore;
import dev.mandate.domain.authorization.ResponseMode;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.TreeSet;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcPendingStore implements PendingStore {
  private static final String INSERT =
      """
      INSERT INTO pending_authorizations (tenant_id, pending_id, browser, client_id, redirect_uri,
        redirect_uri_sent, state, response_mode, code_challenge, nonce, scopes, terms,
        resources, thumbprint, user_code, authenticated_since, created_at, expires_at)
      VALUES (:tenant, :id, :browser, :client, :redirect_uri,
        :redirect_uri_sent, :state, :response_mode, :code_challenge, :nonce, :scopes, :terms,
        :resources, :thumbprint, :user_code, :authenticated_since, :created_at, :expires_at)
      """;

  private static final String FIND =
      """
      SELECT tenant_id, pending_id, browser, client_id, redirect_uri, redirect_uri_sent, state,
        response_mode, code_challenge, nonce, scopes, terms, resources, thumbprint, user_code,
        authenticated_since,
        created_at, expires_at
      FROM pending_authorizations
      WHERE tenant_id = :tenant AND pending_id = :id AND answered_at IS NULL AND expires_at > :now
      """;

  private static final String CONSUME =
      """
      UPDATE pending_authorizations SET answered_at = :now
      WHERE tenant_id = :tenant AND pending_id = :id AND answered_at IS NULL AND expires_at > :now
      """;

  private final Database database;

  JdbcPendingStore(Database database) {
    this.database = database;
  }

  @Override
  public void insert(PendingAuthorization pending) {
    database.write(
        handle ->
            handle
                .createUpdate(INSERT)
                .bind("tenant", pending.tenant().value())
                .bind("id", pending.id().value())
                .bind("browser", pending.browser().value())
                .bind("client", pending.client().value())
                .bind("redirect_uri", pending.redirectUri())
                .bind("redirect_uri_sent", Columns.flag(pending.redirectUriSent()))
                .bind("state", pending.state())
                .bind("response_mode", pending.responseMode().name())
                .bind("code_challenge", pending.codeChallenge())
                .bind("nonce", pending.nonce())
                .bind("scopes", Columns.texts(pending.scopes()))
                .bind("terms", AccessJson.writeTerms(pending.terms()))
                .bind("resources", Columns.texts(pending.resources()))
                .bind("thumbprint", pending.thumbprint())
                .bind("user_code", pending.userCode())
                .bind("authenticated_since", Columns.millis(pending.authenticatedSince()))
                .bind("created_at", pending.createdAt().toEpochMilli())
                .bind("expires_at", pending.expiresAt().toEpochMilli())
                .execute());
  }

  @Override
  public @Nullable PendingAuthorization find(TenantId tenant, PendingId id, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("id", id.value())
                    .bind("now", now.toEpochMilli())
                    .map(JdbcPendingStore::pending)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean consume(TenantId tenant, PendingId id, Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(CONSUME)
                    .bind("tenant", tenant.value())
                    .bind("id", id.value())
                    .bind("now", now.toEpochMilli())
                    .execute())
        == 1;
  }

  private static PendingAuthorization pending(ResultSet row, StatementContext context)
      throws SQLException {
    return new PendingAuthorization(
        new TenantId(Columns.text(row, "tenant_id")),
        new PendingId(Columns.text(row, "pending_id")),
        new TokenHash(Columns.text(row, "browser")),
        new ClientId(Columns.text(row, "client_id")),
        Columns.text(row, "redirect_uri"),
        Columns.flag(row, "redirect_uri_sent"),
        Columns.textOrNull(row, "state"),
        ResponseMode.valueOf(Columns.text(row, "response_mode")),
        Columns.text(row, "code_challenge"),
        Columns.textOrNull(row, "nonce"),
        new TreeSet<>(Columns.texts(row, "scopes")),
        AccessJson.readTerms(Columns.text(row, "terms")),
        Columns.texts(row, "resources"),
        Columns.textOrNull(row, "thumbprint"),
        Columns.textOrNull(row, "user_code"),
        Columns.instantOrNull(row, "authenticated_since"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "expires_at"));
  }
}

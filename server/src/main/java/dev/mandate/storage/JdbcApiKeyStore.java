package dev.mandate.storage;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcApiKeyStore implements ApiKeyStore {
  private static final String SELECT =
      """
      SELECT tenant_id, api_key_id, hash, hint, name, owner_id, mandate_id, scopes, created_at,
        expires_at, revoked_at, last_used_at
      FROM api_keys WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND hash = :subject";
  private static final String FIND_BY_ID = SELECT + " AND api_key_id = :subject";
  private static final String NEWEST_FIRST = " ORDER BY created_at DESC, api_key_id DESC";
  private static final String OF_USER = SELECT + " AND owner_id = :subject" + NEWEST_FIRST;
  private static final String OF_MANDATE = SELECT + " AND mandate_id = :subject" + NEWEST_FIRST;

  private static final String OF_TENANT =
      SELECT + " AND owner_id IS NULL AND mandate_id IS NULL" + NEWEST_FIRST;

  // A key for a mandate that was revoked meanwhile is born revoked.
  private static final String INSERT =
      """
      INSERT INTO api_keys (tenant_id, api_key_id, hash, hint, name, owner_id, mandate_id, scopes,
        created_at, expires_at, revoked_at, last_used_at)
      VALUES (:tenant, :api_key, :hash, :hint, :name, :owner, :mandate, :scopes,
        :created_at, :expires_at,
        COALESCE(:revoked_at, (SELECT revoked_at FROM mandates
          WHERE tenant_id = :tenant AND mandate_id = :mandate)),
        :last_used_at)
      """;

  private static final String REVOKE =
      """
      UPDATE api_keys SET revoked_at = :now
      WHERE tenant_id = :tenant AND api_key_id = :api_key AND revoked_at IS NULL
      """;

  private static final String EXISTS =
      """
      SELECT COUNT(*) AS keys FROM api_keys WHERE tenant_id = :tenant AND api_key_id = :api_key
      """;

  private static final String USED =
      """
      UPDATE api_keys SET last_used_at = :minute
      WHERE tenant_id = :tenant AND api_key_id = :api_key
        AND (last_used_at IS NULL OR last_used_at < :minute)
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcApiKeyStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable ApiKey find(TenantId tenant, TokenHash hash) {
    return select(FIND, tenant, hash.value()).stream().findFirst().orElse(null);
  }

  @Override
  public @Nullable ApiKey find(TenantId tenant, ApiKeyId id) {
    return select(FIND_BY_ID, tenant, id.value()).stream().findFirst().orElse(null);
  }

  @Override
  public List<ApiKey> ofUser(TenantId tenant, UserId owner) {
    return select(OF_USER, tenant, owner.value());
  }

  @Override
  public List<ApiKey> ofMandate(TenantId tenant, MandateId mandate) {
    return select(OF_MANDATE, tenant, mandate.value());
  }

  @Override
  public List<ApiKey> ofTenant(TenantId tenant) {
    return database.read(
        handle ->
            handle
                .createQuery(OF_TENANT)
                .bind("tenant", tenant.value())
                .map(JdbcApiKeyStore::apiKey)
                .list());
  }

  private List<ApiKey> select(String sql, TenantId tenant, String subject) {
    return database.read(
        handle ->
            handle
                .createQuery(sql)
                .bind("tenant", tenant.value())
                .bind("subject", subject)
                .map(JdbcApiKeyStore::apiKey)
                .list());
  }

  @Override
  public void insert(ApiKey key) {
    UserId owner = key.owner();
    MandateId mandate = key.mandate();
    database.write(
        handle -> {
          if (mandate != null) {
            JdbcMandateStore.keep(database, handle, key.tenant(), mandate);
          }
          return handle
              .createUpdate(INSERT)
              .bind("tenant", key.tenant().value())
              .bind("api_key", key.id().value())
              .bind("hash", key.hash().value())
              .bind("hint", key.hint())
              .bind("name", key.name())
              .bind("owner", owner == null ? null : owner.value())
              .bind("mandate", mandate == null ? null : mandate.value())
              .bind("scopes", Columns.texts(new TreeSet<>(key.scopes())))
              .bind("created_at", key.createdAt().toEpochMilli())
              .bind("expires_at", key.expiresAt().toEpochMilli())
              .bind("revoked_at", Columns.millis(key.revokedAt()))
              .bind("last_used_at", Columns.millis(key.lastUsedAt()))
              .execute();
        });
  }

  @Override
  public boolean revoke(TenantId tenant, ApiKeyId id, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          int revoked =
              handle
                  .createUpdate(REVOKE)
                  .bind("tenant", tenant.value())
                  .bind("api_key", id.value())
                  .bind("now", now.toEpochMilli())
                  .execute();
          if (revoked == 1) {
            announce.accept(new Change.ApiKeyRevoked(tenant, id));
            return true;
          }
          return handle
                  .createQuery(EXISTS)
                  .bind("tenant", tenant.value())
                  .bind("api_key", id.value())
                  .map((row, _) -> row.getInt("keys"))
                  .one()
              == 1;
        });
  }

  @Override
  public void used(TenantId tenant, ApiKeyId id, Instant now) {
    database.write(
        handle ->
            handle
                .createUpdate(USED)
                .bind("tenant", tenant.value())
                .bind("api_key", id.value())
                .bind("minute", now.truncatedTo(ChronoUnit.MINUTES).toEpochMilli())
                .execute());
  }

  private static ApiKey apiKey(ResultSet row, StatementContext context) throws SQLException {
    String owner = Columns.textOrNull(row, "owner_id");
    String mandate = Columns.textOrNull(row, "mandate_id");
    return new ApiKey(
        new TenantId(Columns.text(row, "tenant_id")),
        new ApiKeyId(Columns.text(row, "api_key_id")),
        new TokenHash(Columns.text(row, "hash")),
        Columns.text(row, "hint"),
        Columns.text(row, "name"),
        owner == null ? null : new UserId(owner),
        mandate == null ? null : new MandateId(mandate),
        Set.copyOf(Columns.texts(row, "scopes")),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "expires_at"),
        Columns.instantOrNull(row, "revoked_at"),
        Columns.instantOrNull(row, "last_used_at"));
  }
}

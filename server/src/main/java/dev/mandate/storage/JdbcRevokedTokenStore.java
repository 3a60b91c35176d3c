package dev.mandate.storage;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.RevokedTokenStore;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;

final class JdbcRevokedTokenStore implements RevokedTokenStore {
  private static final String REVOKE =
      """
      INSERT INTO revoked_tokens (tenant_id, jti, expires_at) VALUES (:tenant, :jti, :expires_at)
      ON CONFLICT (tenant_id, jti) DO NOTHING
      """;

  private static final String LIVE =
      "SELECT jti, expires_at FROM revoked_tokens WHERE tenant_id = :tenant AND expires_at > :now";

  private static final String IS_REVOKED =
      "SELECT COUNT(*) AS found FROM revoked_tokens WHERE tenant_id = :tenant AND jti = :jti";

  private final Database database;
  private final Announcements announcements;

  JdbcRevokedTokenStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public void revoke(TenantId tenant, String jti, Instant expiresAt) {
    announcements.write(
        (handle, announce) -> {
          int inserted =
              handle
                  .createUpdate(REVOKE)
                  .bind("tenant", tenant.value())
                  .bind("jti", jti)
                  .bind("expires_at", expiresAt.toEpochMilli())
                  .execute();
          if (inserted == 1) {
            announce.accept(new Change.TokenRevoked(tenant, jti, expiresAt));
          }
          return inserted;
        });
  }

  @Override
  public Map<String, Instant> live(TenantId tenant, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(LIVE)
                    .bind("tenant", tenant.value())
                    .bind("now", now.toEpochMilli())
                    .map(
                        (row, _) ->
                            Map.entry(Columns.text(row, "jti"), Columns.instant(row, "expires_at")))
                    .list())
        .stream()
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  @Override
  public boolean isRevoked(TenantId tenant, String jti) {
    return database.read(
        handle ->
            handle
                .createQuery(IS_REVOKED)
                .bind("tenant", tenant.value())
                .bind("jti", jti)
                .map((row, _) -> row.getInt("found") > 0)
                .one());
  }
}

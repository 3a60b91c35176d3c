package dev.mandate.storage;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.UsedOnceStore;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;

final class JdbcUsedOnceStore implements UsedOnceStore {
  private static final String USE =
      """
      INSERT INTO used_once (tenant_id, hash, expires_at) VALUES (:tenant, :hash, :expires_at)
      ON CONFLICT (tenant_id, hash) DO NOTHING
      """;

  private final Database database;

  JdbcUsedOnceStore(Database database) {
    this.database = database;
  }

  @Override
  public boolean useOnce(TenantId tenant, TokenHash id, Instant until) {
    return database.write(
            handle ->
                handle
                    .createUpdate(USE)
                    .bind("tenant", tenant.value())
                    .bind("hash", id.value())
                    .bind("expires_at", until.toEpochMilli())
                    .execute())
        == 1;
  }
}

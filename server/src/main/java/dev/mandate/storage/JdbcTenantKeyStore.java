package dev.mandate.storage;

import dev.mandate.domain.credential.TenantKeyStore;
import dev.mandate.domain.tenant.TenantId;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbcTenantKeyStore implements TenantKeyStore {
  private static final String FIND = "SELECT wrapped FROM tenant_keys WHERE tenant_id = :tenant";

  private static final String INSERT_FIRST =
      """
      INSERT INTO tenant_keys (tenant_id, wrapped) VALUES (:tenant, :wrapped)
      ON CONFLICT (tenant_id) DO NOTHING
      """;

  private final Database database;

  JdbcTenantKeyStore(Database database) {
    this.database = database;
  }

  @Override
  public byte @Nullable [] find(TenantId tenant) {
    return database.read(handle -> find(handle, tenant)).orElse(null);
  }

  @Override
  public byte[] insertFirst(TenantId tenant, byte[] wrapped) {
    return database.write(
        handle -> {
          handle
              .createUpdate(INSERT_FIRST)
              .bind("tenant", tenant.value())
              .bind("wrapped", wrapped)
              .execute();
          return find(handle, tenant).orElseThrow();
        });
  }

  private static Optional<byte[]> find(Handle handle, TenantId tenant) {
    return handle
        .createQuery(FIND)
        .bind("tenant", tenant.value())
        .map((row, _) -> Columns.bytes(row, "wrapped"))
        .findOne();
  }
}

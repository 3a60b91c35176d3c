package dev.mandate.storage;

import dev.mandate.domain.tenant.TenantId;
import org.jdbi.v3.core.Handle;

/// The lock that changes of one tenant's people, roles and budgets wait for: what they look at
/// before they write may be the absence of a row, which can't be locked. Seldom taken, and always
/// before any other.
final class TenantLock {
  private static final String TENANT = "SELECT tenant_id FROM tenants WHERE tenant_id = :tenant";

  private TenantLock() {}

  static void take(Handle handle, Database database, TenantId tenant) {
    boolean known =
        handle
            .createQuery(TENANT + database.forUpdate())
            .bind("tenant", tenant.value())
            .map((row, _) -> Columns.text(row, "tenant_id"))
            .findOne()
            .isPresent();
    if (!known) {
      throw new StorageException("there is no tenant " + tenant);
    }
  }
}

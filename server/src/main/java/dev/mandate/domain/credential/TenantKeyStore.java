package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import org.jspecify.annotations.Nullable;

/// Keeps each tenant's sealing key, wrapped by the master key.
public interface TenantKeyStore {
  byte @Nullable [] find(TenantId tenant);

  /// Inserts unless the tenant has one; of racing callers one wins.
  ///
  /// @return the key that is stored now
  byte[] insertFirst(TenantId tenant, byte[] wrapped);
}

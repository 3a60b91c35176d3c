package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Keeps the tenant's credentials for upstreams, sealed.
public interface CredentialStore {
  /// @param id of the row; also the associated data of the sealed bytes, as `credential/{id}`
  /// @param upstream whose secret it is
  record Stored(
      TenantId tenant, String id, String upstream, byte[] sealedSecret, Instant createdAt) {}

  /// The youngest for this upstream.
  @Nullable Stored current(TenantId tenant, String upstream);

  /// Announces `PolicyChanged`.
  void insert(Stored credential);
}

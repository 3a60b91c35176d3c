package dev.mandate.domain.revocation;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Something that may take rights away from what is cached or open.
public sealed interface Change {
  TenantId tenant();

  record MandateRevoked(TenantId tenant, MandateId mandate) implements Change {}

  record TokenRevoked(TenantId tenant, String jti, Instant expiresAt) implements Change {}

  record ApiKeyRevoked(TenantId tenant, ApiKeyId apiKey) implements Change {}

  /// A credential for an upstream is gone: nothing may go on with it.
  record CredentialRevoked(TenantId tenant, String id) implements Change {}

  /// A key got another secret, or one of its secrets ended; the key itself lives on.
  record ApiKeyChanged(TenantId tenant, ApiKeyId apiKey) implements Change {}

  record UserChanged(TenantId tenant, UserId user) implements Change {}

  record ClientChanged(TenantId tenant, ClientId client) implements Change {}

  /// A tenant was made, renamed, disabled or enabled, or decides something else for its mandates.
  record TenantChanged(TenantId tenant) implements Change {}

  /// A caller is held back, or may go on.
  ///
  /// @param caller as `domain/monitoring` spells it
  /// @param held whether it is held back
  /// @param until when it may go on by itself; null for one that is suspended or not held back
  record CallerRestrained(TenantId tenant, String caller, boolean held, @Nullable Instant until)
      implements Change {}

  /// Entitlements, an upstream or a credential changed.
  record PolicyChanged(TenantId tenant) implements Change {}
}

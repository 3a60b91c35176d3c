package dev.mandate.domain.apikey;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps API keys.
public interface ApiKeyStore {
  /// The key with this hash, revoked and expired ones too.
  @Nullable ApiKey find(TenantId tenant, TokenHash hash);

  @Nullable ApiKey find(TenantId tenant, ApiKeyId id);

  /// Which keys a list names; a null part lets all pass.
  ///
  /// @param bound whether a mandate stands behind the key; those of the admin API have none
  record Filter(@Nullable Boolean bound, @Nullable UserId owner, @Nullable MandateId mandate) {
    public static final Filter ALL = new Filter(null, null, null);
  }

  /// Newest first.
  ///
  /// @param before the last key of the page before; null for the first page
  List<ApiKey> page(TenantId tenant, Filter filter, @Nullable ApiKeyId before, int limit);

  void insert(ApiKey key);

  List<ApiKey> ofUser(TenantId tenant, UserId owner);

  /// The tenant's own, which nobody made and no mandate stands behind: those of the admin API.
  List<ApiKey> ofTenant(TenantId tenant);

  List<ApiKey> ofMandate(TenantId tenant, MandateId mandate);

  /// Announces `ApiKeyRevoked`. Revoking again changes nothing.
  ///
  /// @return false when there is no such key
  boolean revoke(TenantId tenant, ApiKeyId id, Instant now);

  void used(TenantId tenant, ApiKeyId id, Instant now);
}

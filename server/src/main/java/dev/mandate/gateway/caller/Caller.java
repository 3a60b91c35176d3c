package dev.mandate.gateway.caller;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.snapshot.TenantKey;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Who calls, whichever way the credential came.
///
/// @param payer the mandate that pays, of the tenant whose path was called
/// @param apiKey null for an access token
/// @param jti of the access token; null for an API key
/// @param audience the resources that an access token names (RFC 8707); null for an API key, which
///   its mandate alone bounds
/// @param thumbprint of the key that the access token is bound to (RFC 9449 §6.1); null when it is
///   bound to none
/// @param expiresAt of the credential
/// @param dead why the credential holds no more; null when it does
/// @param recordedUseMillis when the last use was recorded
public record Caller(
    TenantKey<MandateId> payer,
    @Nullable ApiKeyId apiKey,
    @Nullable String jti,
    @Nullable List<String> audience,
    @Nullable String thumbprint,
    Instant expiresAt,
    @Nullable Refusal dead,
    AtomicLong recordedUseMillis) {
  public Caller {
    audience = audience == null ? null : List.copyOf(audience);
  }

  public TenantId tenant() {
    return payer.tenant();
  }

  public MandateId mandate() {
    return payer.key();
  }
}

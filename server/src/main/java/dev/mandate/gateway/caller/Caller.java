package dev.mandate.gateway.caller;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.budget.Tags;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.mandating.Part;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.snapshot.TenantKey;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Who calls, whichever way the credential came.
///
/// @param payer the mandate that pays, of the tenant whose path was called
/// @param credential its hash
/// @param apiKey null for an access token
/// @param part of the mandate that the API key has; null for all of it, and for an access token
/// @param scopes of the access token; null for an API key, which has those of its mandate
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
    TokenHash credential,
    @Nullable ApiKeyId apiKey,
    @Nullable Part part,
    @Nullable Set<String> scopes,
    @Nullable String jti,
    @Nullable List<String> audience,
    @Nullable String thumbprint,
    Instant expiresAt,
    @Nullable Refusal dead,
    AtomicLong recordedUseMillis) {
  public Caller {
    scopes = scopes == null ? null : Set.copyOf(scopes);
    audience = audience == null ? null : List.copyOf(audience);
  }

  public TenantId tenant() {
    return payer.tenant();
  }

  public MandateId mandate() {
    return payer.key();
  }

  /// Those that its API key fixes, as [Tags#parse] gives them.
  public String tags() {
    return part == null ? Tags.NONE : part.bounds().tags();
  }

  /// What this caller has of its mandate.
  public Standing standing(Standing whole) {
    Standing has = part == null ? whole : part.of(whole);
    return scopes == null ? has : has.within(scopes);
  }

  /// Whether it may come from there; the address is looked for only where it matters.
  public boolean mayComeFrom(Supplier<String> address) {
    return part == null
        || part.bounds().addresses().isEmpty()
        || part.bounds().admits(address.get());
  }
}

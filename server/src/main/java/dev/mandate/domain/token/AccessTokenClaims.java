package dev.mandate.domain.token;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What an access token says (RFC 9068 §2.2). What its bearer may do is never read from here but
/// from the mandate as it stands.
///
/// @param subject the user's id, or the client's where no user is behind it
/// @param audience the resources that it is for
/// @param details what of its mandate it reaches (RFC 9396 §9.1); empty when it names none
/// @param thumbprint of the key that its bearer must prove to have (RFC 9449 §6.1); null when the
///   token is bound to none
public record AccessTokenClaims(
    TenantId tenant,
    String issuer,
    String subject,
    List<String> audience,
    ClientId client,
    MandateId mandate,
    SortedSet<String> scopes,
    String jti,
    Instant issuedAt,
    Instant expiresAt,
    List<LlmTerms> details,
    @Nullable String thumbprint) {
  public AccessTokenClaims {
    audience = List.copyOf(audience);
    details = List.copyOf(details);
    scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
  }

  /// Whether the token is for this resource, byte by byte.
  public boolean isFor(String resource) {
    return audience.contains(resource);
  }
}

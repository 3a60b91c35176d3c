package dev.mandate.oauth.token;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import org.jspecify.annotations.Nullable;

/// A token request whose client has proved who it is.
///
/// @param thumbprint of the key that it proved to have too (RFC 9449); null when it proved none
record AuthenticatedRequest(
    String requestId,
    Issuer issuer,
    Client client,
    TokenRequest parameters,
    @Nullable String thumbprint) {
  TenantId tenant() {
    return issuer.tenant();
  }
}

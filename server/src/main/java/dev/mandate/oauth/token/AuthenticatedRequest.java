package dev.mandate.oauth.token;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;

/// A token request whose client has proved who it is.
record AuthenticatedRequest(
    String requestId, Issuer issuer, Client client, TokenRequest parameters) {
  TenantId tenant() {
    return issuer.tenant();
  }
}

package dev.mandate.domain.authorization;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An authorization request that a client pushed (RFC 9126) and no browser has brought yet.
///
/// @param hash of the random part of its `request_uri`
/// @param client that pushed it; nobody else may use it
/// @param parameters as sent, without anything secret, doubles kept; checked when they came and
///   again when they are used
public record PushedRequest(
    TenantId tenant,
    TokenHash hash,
    ClientId client,
    Map<String, List<String>> parameters,
    Instant createdAt,
    Instant expiresAt) {
  public PushedRequest {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    parameters.forEach((name, values) -> copy.put(name, List.copyOf(values)));
    parameters = Collections.unmodifiableMap(copy);
  }
}

package dev.mandate.domain.authorization;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// What an app on a device without a browser asks for (RFC 8628 §3.1), having passed every check.
///
/// @param device hash of the code that the device polls with
/// @param user hash of the code that a person types in
/// @param terms asked for, each of another set of models
/// @param resources asked for (RFC 8707)
/// @param address from which the device asked, for the person to see
public record DeviceRequest(
    TenantId tenant,
    TokenHash device,
    TokenHash user,
    ClientId client,
    SortedSet<String> scopes,
    List<LlmTerms> terms,
    List<String> resources,
    String address,
    Instant createdAt,
    Instant expiresAt) {
  public DeviceRequest {
    scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
    terms = List.copyOf(terms);
    resources = List.copyOf(resources);
  }
}

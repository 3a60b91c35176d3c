package dev.mandate.domain.upstream;

import dev.mandate.domain.access.Capability;
import java.time.Instant;
import java.util.Set;

/// A model of an upstream, as the tenant's catalogue knows it. What isn't in the catalogue has no
/// price and can't be called.
///
/// @param name exact, as callers send it
/// @param displayName for people
/// @param capabilities that the model has
/// @param contextTokens input and output together at most
/// @param outputTokensMax of one answer
/// @param imageTokensMax that one image in a prompt can cost
/// @param releasedAt as the provider's model list says
public record Model(
    String name,
    String displayName,
    Set<Capability> capabilities,
    long contextTokens,
    long outputTokensMax,
    long imageTokensMax,
    Price price,
    Instant releasedAt) {
  public Model {
    capabilities = Set.copyOf(capabilities);
  }
}

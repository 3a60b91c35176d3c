package dev.mandate.domain.ratelimit;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A limit that a tenant has set.
///
/// @param subject the id of the one whose limit it is; null for the tenant's own, and where it
///   holds for each user, client, mandate or key that has none of its own
/// @param model that it counts, by the name in the upstream's catalogue; null for the sum of all
/// @param configured whether the configuration file has set it
public record RateLimit(
    TenantId tenant,
    String id,
    RateHolder holder,
    @Nullable String subject,
    @Nullable String model,
    Rates rates,
    boolean configured,
    Instant createdAt) {
  public RateLimit {
    if (holder == RateHolder.TENANT && subject != null) {
      throw new IllegalArgumentException(
          "a limit of the tenant with subject '" + subject + "', expected none");
    }
    // Neither may look like the other in the name of a bucket.
    if (model != null && (model.isEmpty() || model.chars().anyMatch(Character::isWhitespace))) {
      throw new IllegalArgumentException("model '" + model + "', expected a name without spaces");
    }
  }

  public RateLimit withRates(Rates other) {
    return new RateLimit(tenant, id, holder, subject, model, other, configured, createdAt);
  }

  /// Whether it is set for the same calls.
  public boolean isFor(
      RateHolder otherHolder, @Nullable String otherSubject, @Nullable String otherModel) {
    return holder == otherHolder
        && java.util.Objects.equals(subject, otherSubject)
        && java.util.Objects.equals(model, otherModel);
  }
}

package dev.mandate.domain.access;

import org.jspecify.annotations.Nullable;

/// Upper bounds; null means that this one is not bounded here. None is negative; zero allows
/// nothing.
///
/// @param requests over the life of the mandate
/// @param tokensPerRequest input and output of one call together
/// @param tokensPerDay in the tenant's calendar day
/// @param costMicros millionths of the tenant's currency, over the life of the mandate
public record Limits(
    @Nullable Long requests,
    @Nullable Long tokensPerRequest,
    @Nullable Long tokensPerDay,
    @Nullable Long costMicros) {
  public static final Limits NONE = new Limits(null, null, null, null);

  public Limits {
    notNegative("requests", requests);
    notNegative("tokens_per_request", tokensPerRequest);
    notNegative("tokens_per_day", tokensPerDay);
    notNegative("cost_micros", costMicros);
  }

  private static void notNegative(String name, @Nullable Long value) {
    if (value != null && value < 0) {
      throw new IllegalArgumentException(name + " is " + value + ", expected 0 or more");
    }
  }

  /// The stricter of each.
  public Limits narrowest(Limits other) {
    return new Limits(
        smaller(requests, other.requests),
        smaller(tokensPerRequest, other.tokensPerRequest),
        smaller(tokensPerDay, other.tokensPerDay),
        smaller(costMicros, other.costMicros));
  }

  private static @Nullable Long smaller(@Nullable Long a, @Nullable Long b) {
    if (a == null) {
      return b;
    }
    return b == null ? a : Long.valueOf(Math.min(a, b));
  }
}

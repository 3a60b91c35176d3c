package dev.mandate.domain.access;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Upper bounds; what is absent is not bounded here. None is negative; zero allows nothing.
///
/// The gateway asks on every call, so bounds are an array and the list of those that are there.
@SuppressWarnings("EnumOrdinal")
public final class Limits {
  private static final long UNBOUNDED = -1;
  private static final int KINDS = Limit.values().length;

  public static final Limits NONE = new Limits(Map.of());

  private final long[] bounds = new long[KINDS];
  private final List<Limit> bounded;

  private Limits(Map<Limit, Long> set) {
    Arrays.fill(bounds, UNBOUNDED);
    set.forEach(
        (limit, bound) -> {
          if (bound < 0) {
            throw new IllegalArgumentException(
                limit.wire() + " is " + bound + ", expected 0 or more");
          }
          bounds[limit.ordinal()] = bound;
        });
    bounded = Arrays.stream(Limit.values()).filter(this::bounds).toList();
  }

  /// Those that there were first.
  public Limits(
      @Nullable Long requests,
      @Nullable Long tokensPerRequest,
      @Nullable Long tokensPerDay,
      @Nullable Long costMicros) {
    this(
        some(
            limit ->
                switch (limit) {
                  case REQUESTS -> requests;
                  case TOKENS_PER_REQUEST -> tokensPerRequest;
                  case TOKENS_PER_DAY -> tokensPerDay;
                  case COST_MICROS -> costMicros;
                  default -> null;
                }));
  }

  public static Limits of(Map<Limit, Long> bounds) {
    return bounds.isEmpty() ? NONE : new Limits(bounds);
  }

  /// Asks for each; null where it is not bounded.
  public static Limits each(Function<Limit, @Nullable Long> bound) {
    return of(some(bound));
  }

  private static Map<Limit, Long> some(Function<Limit, @Nullable Long> bound) {
    Map<Limit, Long> set = new EnumMap<>(Limit.class);
    for (Limit limit : Limit.values()) {
      Long one = bound.apply(limit);
      if (one != null) {
        set.put(limit, one);
      }
    }
    return set;
  }

  /// The limits that are bounded, in the order of [Limit].
  public List<Limit> bounded() {
    return bounded;
  }

  public boolean bounds(Limit limit) {
    return bounds[limit.ordinal()] != UNBOUNDED;
  }

  /// `Long.MAX_VALUE` where it is not bounded.
  public long most(Limit limit) {
    long bound = bounds[limit.ordinal()];
    return bound == UNBOUNDED ? Long.MAX_VALUE : bound;
  }

  /// Null where it is not bounded.
  public @Nullable Long bound(Limit limit) {
    long bound = bounds[limit.ordinal()];
    return bound == UNBOUNDED ? null : Long.valueOf(bound);
  }

  /// Over the life of the account.
  public @Nullable Long requests() {
    return bound(Limit.REQUESTS);
  }

  /// Input and output of one call together.
  public @Nullable Long tokensPerRequest() {
    return bound(Limit.TOKENS_PER_REQUEST);
  }

  /// In the tenant's calendar day.
  public @Nullable Long tokensPerDay() {
    return bound(Limit.TOKENS_PER_DAY);
  }

  /// Millionths of the tenant's currency, over the life of the account.
  public @Nullable Long costMicros() {
    return bound(Limit.COST_MICROS);
  }

  /// The same with another bound; null takes it away.
  public Limits with(Limit limit, @Nullable Long bound) {
    return each(one -> one == limit ? bound : bound(one));
  }

  /// The stricter of each.
  public Limits narrowest(Limits other) {
    return each(limit -> smaller(bound(limit), other.bound(limit)));
  }

  private static @Nullable Long smaller(@Nullable Long a, @Nullable Long b) {
    if (a == null) {
      return b;
    }
    return b == null ? a : Long.valueOf(Math.min(a, b));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Limits limits && Arrays.equals(bounds, limits.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    Map<String, Long> set = new LinkedHashMap<>();
    bounded.forEach(limit -> set.put(limit.wire(), most(limit)));
    return "Limits" + set;
  }
}

package dev.mandate.domain.ratelimit;

import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Holds calls to their rate limits, in memory: a call fits all that count it, or takes from none.
/// Safe from any thread, and waits for nothing but a few additions of another call.
public final class RateLimiter {
  /// In memory at a time, fairly divided among the tenants that have some.
  public static final int BUCKETS_MAX = 200_000;

  /// What each tenant may have however many tenants there are.
  public static final int BUCKETS_PER_TENANT_MIN = 1_000;

  /// When a call that found all places taken may try again: nobody knows when one ends.
  private static final Duration CALL_ENDS = Duration.ofSeconds(1);

  private final LongSupplier nanos;
  private final int bucketsMax;
  private final ConcurrentHashMap<TenantId, Buckets> tables = new ConcurrentHashMap<>();

  /// What became of a call.
  public sealed interface Taken permits Pass, Over {
    /// Of each unit that is limited, the limit with the least left.
    List<Reading> readings();
  }

  /// How a limit stands.
  ///
  /// @param model null where all models count
  /// @param remaining for more calls; never below 0
  /// @param resetNanos until all of it is there again
  public record Reading(
      RateHolder holder,
      @Nullable String model,
      RateUnit unit,
      long limit,
      long remaining,
      long resetNanos) {}

  /// It does not fit, and took nothing.
  ///
  /// @param retryAfter null where waiting does not help
  public record Over(Reading limit, @Nullable Duration retryAfter, List<Reading> readings)
      implements Taken {
    public Over {
      readings = List.copyOf(readings);
    }
  }

  public RateLimiter() {
    this(System::nanoTime, BUCKETS_MAX);
  }

  /// @param nanos a clock that nobody sets, as [System#nanoTime]
  public RateLimiter(LongSupplier nanos, int bucketsMax) {
    this.nanos = nanos;
    this.bucketsMax = bucketsMax;
  }

  /// How many there are, for metrics.
  public int buckets() {
    int all = 0;
    for (Buckets table : tables.values()) {
      synchronized (table) {
        all += table.size();
      }
    }
    return all;
  }

  private int perTenantMax() {
    return Math.max(BUCKETS_PER_TENANT_MIN, bucketsMax / Math.max(1, tables.size()));
  }

  /// Whether one more call could go, as far as is known before its body is read. Takes nothing.
  public @Nullable Over check(RatePath path) {
    List<RatePath.Place> places = path.places(null);
    if (places.isEmpty()) {
      return null;
    }
    Buckets table = table(path);
    synchronized (table) {
      return over(places, buckets(table, places), 0);
    }
  }

  /// Takes one request, these tokens and a place among the calls under way.
  ///
  /// @param model by its name in the upstream's catalogue; null for a call of none
  public Taken take(RatePath path, @Nullable String model, long tokens) {
    List<RatePath.Place> places = path.places(model);
    if (places.isEmpty()) {
      return Pass.FREE;
    }
    Buckets table = table(path);
    synchronized (table) {
      Bucket[] buckets = buckets(table, places);
      Over over = over(places, buckets, tokens);
      if (over != null) {
        return over;
      }
      for (Bucket bucket : buckets) {
        bucket.requests.take(1);
        bucket.tokens.take(tokens);
        bucket.calls++;
      }
      return new Pass(table, buckets, tokens, readings(places, buckets));
    }
  }

  private Buckets table(RatePath path) {
    return tables.computeIfAbsent(path.rules().tenant(), _ -> new Buckets(this::perTenantMax));
  }

  private Bucket[] buckets(Buckets table, List<RatePath.Place> places) {
    long now = nanos.getAsLong();
    Bucket[] buckets = new Bucket[places.size()];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = table.touch(places.get(i).bucket());
      buckets[i].refresh(places.get(i).rates(), now);
    }
    return buckets;
  }

  /// Of the limits that it doesn't fit, the one that it must wait for longest.
  private static @Nullable Over over(List<RatePath.Place> places, Bucket[] buckets, long tokens) {
    Reading worst = null;
    long wait = 0;
    for (int i = 0; i < buckets.length; i++) {
      for (RateUnit unit : RateUnit.values()) {
        long until = wait(places.get(i), buckets[i], unit, tokens);
        if (until != 0 && (worst == null || (wait >= 0 && (until < 0 || until > wait)))) {
          worst = reading(places.get(i), buckets[i], unit);
          wait = until;
        }
      }
    }
    return worst == null
        ? null
        : new Over(
            worst, wait < 0 ? null : Duration.ofNanos(wait), readings(places, buckets));
  }

  /// 0 where it fits, below where it never will.
  private static long wait(RatePath.Place place, Bucket bucket, RateUnit unit, long tokens) {
    Long limit = place.rates().of(unit);
    if (limit == null) {
      return 0;
    }
    return switch (unit) {
      case REQUESTS -> bucket.requests.has(1) ? 0 : bucket.requests.nanosUntil(1);
      case TOKENS -> bucket.tokens.has(tokens) ? 0 : bucket.tokens.nanosUntil(tokens);
      case CALLS -> {
        if (bucket.calls < limit) {
          yield 0;
        }
        yield limit == 0 ? -1 : CALL_ENDS.toNanos();
      }
    };
  }

  private static List<Reading> readings(List<RatePath.Place> places, Bucket[] buckets) {
    List<Reading> readings = new ArrayList<>(RateUnit.values().length);
    for (RateUnit unit : RateUnit.values()) {
      Reading least = null;
      for (int i = 0; i < buckets.length; i++) {
        if (places.get(i).rates().of(unit) != null) {
          Reading one = reading(places.get(i), buckets[i], unit);
          least = least == null || one.remaining < least.remaining ? one : least;
        }
      }
      if (least != null) {
        readings.add(least);
      }
    }
    return readings;
  }

  private static Reading reading(RatePath.Place place, Bucket bucket, RateUnit unit) {
    Long set = place.rates().of(unit);
    long limit = set == null ? 0 : set;
    return switch (unit) {
      case REQUESTS -> reading(place, unit, limit, bucket.requests);
      case TOKENS -> reading(place, unit, limit, bucket.tokens);
      case CALLS ->
          new Reading(
              place.holder(), place.model(), unit, limit, Math.max(0, limit - bucket.calls), 0);
    };
  }

  private static Reading reading(RatePath.Place place, RateUnit unit, long limit, Meter meter) {
    return new Reading(
        place.holder(), place.model(), unit, limit, meter.remaining(), meter.nanosUntilFull());
  }
}

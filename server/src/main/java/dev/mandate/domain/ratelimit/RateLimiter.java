package dev.mandate.domain.ratelimit;

import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Holds calls to their rate limits, in memory: a call fits all that count it, or takes from none.
/// Safe from any thread, and waits for nothing but a few additions of another call.
///
/// Nodes that share a database hold one limit together: each draws from it ahead of need, and a
/// call that finds too little drawn waits for [#fetch].
public final class RateLimiter implements AutoCloseable {
  /// In memory at a time, fairly divided among the tenants that have some.
  public static final int BUCKETS_MAX = 200_000;

  /// What each tenant may have however many tenants there are.
  public static final int BUCKETS_PER_TENANT_MIN = 1_000;

  private final LongSupplier nanos;
  private final int bucketsMax;
  private final ConcurrentHashMap<TenantId, Buckets> tables = new ConcurrentHashMap<>();
  private final @Nullable RateSharing sharing;

  /// What became of a call.
  public sealed interface Taken permits Pass, Over, Missing {
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

  /// Too little of it was drawn: nothing is taken until it was [fetched][#fetch].
  public record Missing(RatePath path, @Nullable String model, long tokens) implements Taken {
    @Override
    public List<Reading> readings() {
      return List.of();
    }
  }

  private RateLimiter(
      LongSupplier nanos, int bucketsMax, @Nullable RateShareStore store, @Nullable String boot) {
    this.nanos = nanos;
    this.bucketsMax = bucketsMax;
    this.sharing =
        store == null || boot == null ? null : new RateSharing(store, boot, nanos, tables);
    if (sharing != null) {
      sharing.start();
    }
  }

  /// Of a node that shares its limits with nobody.
  ///
  /// @param nanos a clock that nobody sets, as [System#nanoTime]
  public static RateLimiter alone(LongSupplier nanos, int bucketsMax) {
    return new RateLimiter(nanos, bucketsMax, null, null);
  }

  /// Of a node that shares its limits with all of this store.
  ///
  /// @param boot names this process
  public static RateLimiter sharing(LongSupplier nanos, RateShareStore store, String boot) {
    return new RateLimiter(nanos, BUCKETS_MAX, store, boot);
  }

  /// @param cut ends the calls that have a lent place, before this node takes new ones
  public void onPlacesLost(Runnable cut) {
    if (sharing != null) {
      sharing.onPlacesLost(cut);
    }
  }

  /// Whether the places that were lent to this node are its own still. Where they are not, calls
  /// that have one must end before others take it.
  public boolean placesHold() {
    return sharing == null || sharing.placesHold();
  }

  /// Draws what was missing. The call's stage runs again afterwards.
  public CompletableFuture<Boolean> fetch(Missing missing) {
    return sharing == null
        ? CompletableFuture.completedFuture(false)
        : sharing.ask(
            missing.path.rules().tenant(),
            table(missing.path),
            missing.path.places(missing.model),
            missing.tokens);
  }

  @Override
  public void close() {
    if (sharing != null) {
      sharing.close();
    }
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
      return over(places, buckets(table, places), 0, false) instanceof Over over ? over : null;
    }
  }

  /// Takes one request, these tokens and a place among the calls under way.
  ///
  /// @param model by its name in the upstream's catalogue; null for a call of none
  /// @param decides whether what cannot be known here counts as too little: the others were asked
  public Taken take(RatePath path, @Nullable String model, long tokens, boolean decides) {
    List<RatePath.Place> places = path.places(model);
    if (places.isEmpty()) {
      return Pass.FREE;
    }
    Buckets table = table(path);
    synchronized (table) {
      Bucket[] buckets = buckets(table, places);
      Taken over = over(places, buckets, tokens, decides);
      if (over != null) {
        return over instanceof Missing ? new Missing(path, model, tokens) : over;
      }
      for (Bucket bucket : buckets) {
        bucket.requests.take(1);
        bucket.tokens.take(tokens);
        bucket.calls.take();
      }
      return new Pass(table, buckets, tokens, readings(places, buckets));
    }
  }

  private Buckets table(RatePath path) {
    return tables.computeIfAbsent(
        path.rules().tenant(), _ -> new Buckets(this::perTenantMax, sharing != null));
  }

  private Bucket[] buckets(Buckets table, List<RatePath.Place> places) {
    long now = nanos.getAsLong();
    int nodes = sharing == null ? 0 : sharing.alone();
    Bucket[] buckets = new Bucket[places.size()];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = table.touch(places.get(i).bucket());
      buckets[i].refresh(places.get(i).rates(), now, nodes);
    }
    return buckets;
  }

  /// Of the limits that it doesn't fit, the one that it must wait for longest; null where it fits
  /// all.
  private @Nullable Taken over(
      List<RatePath.Place> places, Bucket[] buckets, long tokens, boolean decides) {
    Reading worst = null;
    long longest = 0;
    boolean unknown = false;
    for (int i = 0; i < buckets.length; i++) {
      for (RateUnit unit : RateUnit.values()) {
        long wait = wait(places.get(i), buckets[i], unit, tokens);
        if (wait == Meter.UNKNOWN) {
          unknown = true;
          wait = decides ? Meter.KNOWN_NANOS : 0;
        }
        boolean never = wait == Meter.NEVER;
        if (never || (wait > longest && longest != Meter.NEVER)) {
          worst = reading(places.get(i), buckets[i], unit);
          longest = wait;
        }
      }
    }
    if (worst != null) {
      return new Over(
          worst,
          longest == Meter.NEVER ? null : Duration.ofNanos(longest),
          readings(places, buckets));
    }
    return unknown ? new Missing(RatePath.FREE, null, tokens) : null;
  }

  private long wait(RatePath.Place place, Bucket bucket, RateUnit unit, long tokens) {
    if (place.rates().of(unit) == null) {
      return 0;
    }
    return switch (unit) {
      case REQUESTS -> bucket.requests.until(1);
      case TOKENS -> bucket.tokens.until(tokens);
      case CALLS -> bucket.calls.until(nanos.getAsLong(), placesHold());
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
          new Reading(place.holder(), place.model(), unit, limit, bucket.calls.remaining(), 0);
    };
  }

  private static Reading reading(RatePath.Place place, RateUnit unit, long limit, Meter meter) {
    return new Reading(
        place.holder(), place.model(), unit, limit, meter.remaining(), meter.nanosUntilFull());
  }
}

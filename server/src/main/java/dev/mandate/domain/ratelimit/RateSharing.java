package dev.mandate.domain.ratelimit;

import dev.mandate.domain.ratelimit.RateShareStore.Draw;
import dev.mandate.domain.ratelimit.RateShareStore.Drawn;
import dev.mandate.domain.ratelimit.RateShareStore.Seek;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Shares rate limits with the other nodes of a database. One thread draws what waiting calls need,
/// books what calls turned out to need beyond that, and gives back what lies idle, once a second or
/// when somebody waits. Calls that fit what was drawn before wait for nobody.
final class RateSharing implements AutoCloseable {
  static final Duration TICK = Duration.ofSeconds(1);

  /// For how long after it last showed that it lives a node believes that its places are its own:
  /// less than what others wait for, by far more than an answer takes.
  static final Duration PLACES_VALID = Duration.ofSeconds(6);

  /// Limits that one transaction locks.
  private static final int AT_ONCE = 128;

  private static final Logger log = LoggerFactory.getLogger(RateSharing.class);

  private final RateShareStore store;
  private final String boot;
  private final LongSupplier nanos;
  private final Map<TenantId, Buckets> tables;
  private final Thread thread;
  private final List<Waiting> arrived = new ArrayList<>();
  private volatile Runnable placesLost = () -> {};
  private volatile int nodes;
  private volatile boolean reached = true;
  private volatile long aliveAt;
  private volatile boolean closing;
  private long tickAt;

  /// A call that waits.
  private record Waiting(
      TenantId tenant,
      Buckets table,
      List<RatePath.Place> places,
      long tokens,
      CompletableFuture<Boolean> done) {}

  /// What those who wait need of a bucket.
  private static final class Need {
    long calls;
    long tokens;
  }

  private record MeterDraw(Buckets table, Meter meter, Draw draw) {}

  private record PlacesSeek(Buckets table, Places places, Seek seek) {}

  /// Blocking: shows itself.
  RateSharing(
      RateShareStore store, String boot, LongSupplier nanos, Map<TenantId, Buckets> tables) {
    this.store = store;
    this.boot = boot;
    this.nanos = nanos;
    this.tables = tables;
    this.aliveAt = nanos.getAsLong();
    this.nodes = store.beat(boot);
    this.tickAt = nanos.getAsLong();
    this.thread = Thread.ofPlatform().daemon().name("rate-limits").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  void onPlacesLost(Runnable cut) {
    placesLost = cut;
  }

  /// Among how many nodes the rates are to be divided, for they cannot be reached; 0 while they
  /// can.
  int alone() {
    return reached ? 0 : Math.max(1, nodes);
  }

  boolean placesHold() {
    return nanos.getAsLong() - aliveAt < PLACES_VALID.toNanos();
  }

  /// @return done when the store was asked, whatever came of it
  CompletableFuture<Boolean> ask(
      TenantId tenant, Buckets table, List<RatePath.Place> places, long tokens) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    synchronized (arrived) {
      if (closing) {
        done.complete(false);
      } else {
        arrived.add(new Waiting(tenant, table, places, tokens, done));
        arrived.notifyAll();
      }
    }
    return done;
  }

  private void run() {
    while (!closing) {
      List<Waiting> waiting = List.of();
      try {
        waiting = next();
        boolean tick = nanos.getAsLong() - tickAt >= TICK.toNanos();
        if (tick || !reached) {
          beat();
          tickAt = nanos.getAsLong();
        }
        round(waiting, tick);
        if (!reached) {
          log.info("rate limits are shared again");
        }
        reached = true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        closing = true;
      } catch (RuntimeException e) {
        if (reached && !closing) {
          log.warn(
              "rate limits cannot be shared, each node has its part of them: {}", e.getMessage());
          log.debug("not shared", e);
        }
        reached = false;
      } finally {
        waiting.forEach(one -> one.done.complete(true));
      }
    }
    synchronized (arrived) {
      arrived.forEach(one -> one.done.complete(false));
      arrived.clear();
    }
  }

  private List<Waiting> next() throws InterruptedException {
    synchronized (arrived) {
      long left = TICK.toMillis() - (nanos.getAsLong() - tickAt) / 1_000_000;
      // Nobody is asked in a loop who does not answer.
      if ((arrived.isEmpty() || !reached) && left > 0 && !closing) {
        arrived.wait(Math.min(left, TICK.toMillis()));
      }
      List<Waiting> all = List.copyOf(arrived);
      arrived.clear();
      return all;
    }
  }

  private void beat() {
    long asOf = nanos.getAsLong();
    int alive = store.beat(boot);
    if (asOf - aliveAt >= PLACES_VALID.toNanos()) {
      // Others may have had the places since: who has one is cut before this node has any again.
      log.warn("this node was silent for long, its places for calls are others'");
      for (Buckets table : tables.values()) {
        synchronized (table) {
          table.all().forEach(bucket -> bucket.calls.lose());
        }
      }
      placesLost.run();
    }
    nodes = alive;
    aliveAt = asOf;
  }

  private void round(List<Waiting> waiting, boolean tick) {
    IdentityHashMap<Bucket, Need> needs = new IdentityHashMap<>();
    List<MeterDraw> draws = new ArrayList<>();
    List<PlacesSeek> seeks = new ArrayList<>();
    for (Waiting one : waiting) {
      synchronized (one.table) {
        for (RatePath.Place place : one.places) {
          Bucket bucket = one.table.touch(place.bucket());
          bucket.refresh(place.rates(), nanos.getAsLong(), 0);
          Need need = needs.computeIfAbsent(bucket, _ -> new Need());
          need.calls++;
          need.tokens += one.tokens;
        }
      }
    }
    for (Map.Entry<TenantId, Buckets> table : tables.entrySet()) {
      synchronized (table.getValue()) {
        for (Bucket bucket : table.getValue().all()) {
          Need need = needs.get(bucket);
          if (tick || need != null) {
            plan(table.getKey(), table.getValue(), bucket, need, tick, draws, seeks);
          }
        }
      }
    }
    for (int from = 0; from < draws.size(); from += AT_ONCE) {
      draw(draws.subList(from, Math.min(draws.size(), from + AT_ONCE)));
    }
    for (int from = 0; from < seeks.size(); from += AT_ONCE) {
      seek(seeks.subList(from, Math.min(seeks.size(), from + AT_ONCE)));
    }
  }

  private static void plan(
      TenantId tenant,
      Buckets table,
      Bucket bucket,
      @Nullable Need need,
      boolean tick,
      List<MeterDraw> draws,
      List<PlacesSeek> seeks) {
    long calls = need == null ? 0 : need.calls;
    if (tick) {
      bucket.requests.tick();
      bucket.tokens.tick();
    }
    plan(tenant, table, bucket, RateUnit.REQUESTS, bucket.requests, calls, draws);
    plan(
        tenant,
        table,
        bucket,
        RateUnit.TOKENS,
        bucket.tokens,
        need == null ? 0 : need.tokens,
        draws);
    if (bucket.calls.isShared() && (calls > 0 || bucket.calls.isIdle())) {
      long inUse = bucket.calls.inUse();
      seeks.add(
          new PlacesSeek(
              table,
              bucket.calls,
              new Seek(
                  tenant, bucket.name, bucket.calls.limit(), inUse, bucket.calls.want(calls))));
    }
    if (tick) {
      bucket.calls.tick();
    }
  }

  private static void plan(
      TenantId tenant,
      Buckets table,
      Bucket bucket,
      RateUnit unit,
      Meter meter,
      long needed,
      List<MeterDraw> draws) {
    long least = Math.min(needed, Math.max(0, meter.limit()));
    long owed = meter.owed(least);
    long want = meter.want(least);
    if (owed != 0 || want > 0) {
      draws.add(
          new MeterDraw(
              table, meter, new Draw(tenant, bucket.name, unit, meter.limit(), owed, want)));
    }
  }

  private void draw(List<MeterDraw> some) {
    List<Drawn> answers = store.draw(some.stream().map(MeterDraw::draw).toList());
    for (int i = 0; i < some.size(); i++) {
      MeterDraw one = some.get(i);
      synchronized (one.table) {
        one.meter.drawn(one.draw.owed(), one.draw.want(), answers.get(i), nanos.getAsLong());
      }
    }
  }

  private void seek(List<PlacesSeek> some) {
    List<Long> answers = store.seek(boot, some.stream().map(PlacesSeek::seek).toList());
    for (int i = 0; i < some.size(); i++) {
      PlacesSeek one = some.get(i);
      synchronized (one.table) {
        one.places.sought(one.seek.want(), answers.get(i), nanos.getAsLong());
      }
    }
  }

  @Override
  public void close() {
    synchronized (arrived) {
      closing = true;
      arrived.notifyAll();
    }
    try {
      thread.join(PLACES_VALID);
      store.leave(boot);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.warn("the end of this node was not told, others will notice its silence", e);
    }
  }
}

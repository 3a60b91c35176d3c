package dev.mandate.gateway.snapshot;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.mandate.gateway.Refusal;
import dev.mandate.platform.metrics.Label;
import dev.mandate.platform.metrics.Meters;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A bounded cache that is filled on worker threads and never keeps what a change overtook: a value
/// whose read began before the change that concerns it is read again (design §7).
public final class FreshCache<K, V> {
  private static final int READS_MAX = 5;
  private static final Label<String> RESULTS = Label.texts("result", List.of("hit", "miss"));

  private final Vertx vertx;
  private final WorkerExecutor workers;
  private final int pendingMax;
  private final Cache<K, V> kept;
  private final ConcurrentHashMap<K, Fill<V>> fills = new ConcurrentHashMap<>();

  /// One read under way; everyone who misses the same key meanwhile waits for it.
  private static final class Fill<V> {
    final CompletableFuture<V> result = new CompletableFuture<>();
    volatile boolean overtaken;
  }

  /// @param pendingMax how many reads may be under way
  public FreshCache(Vertx vertx, WorkerExecutor workers, int size, int pendingMax) {
    this.vertx = vertx;
    this.workers = workers;
    this.pendingMax = pendingMax;
    this.kept =
        Caffeine.newBuilder().maximumSize(size).executor(Runnable::run).recordStats().build();
  }

  /// Counts look-ups, as this cache.
  public void meter(Meters meters, Label<String> caches, String name) {
    String help = "Look-ups in the gateway's memory";
    meters.counted(
        "mandate.cache.requests",
        help,
        caches,
        name,
        RESULTS,
        "hit",
        () -> kept.stats().hitCount());
    meters.counted(
        "mandate.cache.requests",
        help,
        caches,
        name,
        RESULTS,
        "miss",
        () -> kept.stats().missCount());
  }

  public @Nullable V cached(K key) {
    return kept.getIfPresent(key);
  }

  /// Reads what isn't cached and tells `then` on the caller's own context.
  ///
  /// @param read blocking, runs on a worker; what it throws goes to those who wait and is not kept
  /// @param then gets the value, or what went wrong
  public void load(K key, Function<K, V> read, BiConsumer<@Nullable V, @Nullable Throwable> then) {
    Context context = vertx.getOrCreateContext();
    Fill<V> mine = new Fill<>();
    Fill<V> fill = fills.putIfAbsent(key, mine);
    if (fill == null) {
      fill = mine;
      if (fills.size() > pendingMax) {
        fills.remove(key, mine);
        mine.result.completeExceptionally(
            Refusal.of(Refusal.Code.OVERLOADED, "too many look-ups are under way, try again"));
      } else {
        var _ =
            workers.executeBlocking(
                () -> {
                  run(key, read, mine);
                  return null;
                },
                false);
      }
    }
    var _ =
        fill.result.whenComplete(
            (value, failure) -> context.runOnContext(_ -> then.accept(value, failure)));
  }

  private void run(K key, Function<K, V> read, Fill<V> fill) {
    try {
      for (int i = 0; i < READS_MAX; i++) {
        fill.overtaken = false;
        V value = read.apply(key);
        // Kept first, checked second: a change marks first and drops second, so one of the two sees
        // the other whatever the order.
        kept.put(key, value);
        if (!fill.overtaken) {
          fills.remove(key, fill);
          fill.result.complete(value);
          return;
        }
        kept.invalidate(key);
      }
      throw Refusal.of(
          Refusal.Code.OVERLOADED, "rights change faster than they can be read, try again");
    } catch (RuntimeException | Error e) {
      // An error too: those who wait would wait for ever, and the place would stay taken.
      fills.remove(key, fill);
      fill.result.completeExceptionally(e);
    }
  }

  public void drop(K key) {
    Fill<V> fill = fills.get(key);
    if (fill != null) {
      fill.overtaken = true;
    }
    kept.invalidate(key);
  }

  /// Drops the entries that `which` picks. Reads under way, whose value nobody knows yet, are
  /// overtaken all.
  public void dropIf(BiPredicate<K, V> which) {
    fills.values().forEach(fill -> fill.overtaken = true);
    kept.asMap().entrySet().removeIf(entry -> which.test(entry.getKey(), entry.getValue()));
  }
}

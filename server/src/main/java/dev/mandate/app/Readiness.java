package dev.mandate.app;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether this node can serve now. Its checks run one after the other, one round at a time however
/// many ask: whoever asks meanwhile gets the answer of the round that is under way.
final class Readiness {
  /// A check that took longer has failed.
  static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Logger log = LoggerFactory.getLogger(Readiness.class);

  /// @param failure what is wrong when it doesn't hold, in words without secrets
  record Check(String failure, BooleanSupplier holds) {}

  private final List<Check> checks;
  private final Executor executor;
  private final Duration patience;
  private @Nullable CompletableFuture<String> round;

  Readiness(List<Check> checks, Executor executor) {
    this(checks, executor, PATIENCE);
  }

  Readiness(List<Check> checks, Executor executor, Duration patience) {
    this.checks = List.copyOf(checks);
    this.executor = executor;
    this.patience = patience;
  }

  /// What is wrong; empty when nothing is. Blocking, within a bound.
  String failure() {
    try {
      return round().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return "the checks did not end within " + patience.toMillis() + " ms";
    } catch (ExecutionException e) {
      log.error("a readiness check failed", e);
      return "a check failed";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private synchronized CompletableFuture<String> round() {
    CompletableFuture<String> now = round;
    if (now == null || now.isDone()) {
      now = CompletableFuture.supplyAsync(this::run, executor);
      round = now;
    }
    return now;
  }

  private String run() {
    for (Check check : checks) {
      if (!holds(check)) {
        return check.failure();
      }
    }
    return "";
  }

  private static boolean holds(Check check) {
    try {
      return check.holds().getAsBoolean();
    } catch (RuntimeException e) {
      log.error("not ready: {}", check.failure(), e);
      return false;
    }
  }
}

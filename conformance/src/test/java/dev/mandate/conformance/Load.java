package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/// Calls of one mandate by several callers until they are told to stop. Each has one call at a
/// time.
final class Load implements AutoCloseable {
  private static final long WITHIN = TimeUnit.SECONDS.toNanos(60);

  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger broken = new AtomicInteger();
  private final Map<String, AtomicInteger> refused = new ConcurrentHashMap<>();
  private final List<Thread> callers = new ArrayList<>();
  private final Llm llm;
  private final App.Tokens tokens;

  Load(Llm llm, App.Tokens tokens) {
    this.llm = llm;
    this.tokens = tokens;
  }

  /// @param pauseMillis between two calls of a caller
  void by(int count, int pauseMillis) {
    stop.set(false);
    for (int i = 0; i < count; i++) {
      callers.add(
          Thread.startVirtualThread(
              () -> {
                while (!stop.get()) {
                  call();
                  pause(pauseMillis);
                }
              }));
    }
  }

  private void call() {
    try {
      Http.Answer answer = llm.chat(tokens.bearer(), "hi");
      if (answer.status() == 200) {
        answered.incrementAndGet();
      } else {
        refused
            .computeIfAbsent(
                answer.status() + " " + answer.json().at("/error/code").asText(),
                _ -> new AtomicInteger())
            .incrementAndGet();
      }
    } catch (UncheckedIOException e) {
      // A call that found nobody was not sent.
      if (!(e.getCause() instanceof ConnectException)) {
        broken.incrementAndGet();
      }
    }
  }

  /// Ends when the last call has.
  @Override
  public void close() {
    stop.set(true);
    try {
      for (Thread caller : callers) {
        caller.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    callers.clear();
  }

  int answered() {
    return answered.get();
  }

  /// Calls whose connection broke: they may have been charged.
  int broken() {
    return broken.get();
  }

  /// How many by status and code.
  Map<String, AtomicInteger> refused() {
    return refused;
  }

  /// Waits for so many more than there are.
  void awaitMore(int answers) {
    int enough = answered.get() + answers;
    awaitHere("more calls answered", () -> answered.get() >= enough);
  }

  /// @param spent of the mandate, as the admin API tells it
  void isChargedOnce(JsonNode spent) {
    assertThat(spent.path("requests").asInt())
        .as(toString())
        .isBetween(answered.get(), answered.get() + broken.get());
    assertThat(spent.path("cost_micros").asLong()).isPositive();
  }

  void awaitHere(String what, BooleanSupplier condition) {
    await(what + ": " + this, condition);
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + WITHIN;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("no " + what).isLessThan(deadline);
      pause(20);
    }
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return answered + " answered, " + broken + " broken, refused " + refused;
  }
}

package dev.mandate.conformance;

import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/// One call many times: all at once, by some callers until nothing is given any more, or one after
/// another. What each came to is counted.
final class Burst {
  /// So many refusals in a row end a caller that asks for all there is.
  private static final int ENOUGH_REFUSALS = 3;

  private static final int OK = 200;
  private static final String NO_ANSWER = "no answer";

  private final IntFunction<URI> to;
  private final String body;
  private final String bearer;
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger broken = new AtomicInteger();
  private final AtomicInteger next = new AtomicInteger();
  private final Map<String, AtomicInteger> refused = new ConcurrentSkipListMap<>();
  private final List<Thread> callers = new ArrayList<>();

  /// @param to where the n-th call goes
  Burst(IntFunction<URI> to, String body, String bearer) {
    this.to = to;
    this.body = body;
    this.bearer = bearer;
  }

  /// One call of each of so many callers, which wait for one another.
  Burst allAtOnce(int calls) throws InterruptedException {
    CountDownLatch ready = new CountDownLatch(calls);
    start(
        calls,
        () -> {
          ready.countDown();
          ready.await();
          call();
        });
    return join();
  }

  /// Callers that go on until they are refused, again and again, for want of budget.
  Burst spend(int by) {
    start(
        by,
        () -> {
          int inRow = 0;
          while (inRow < ENOUGH_REFUSALS) {
            String came = call();
            // Whom nobody heard was not refused.
            if (!came.equals(NO_ANSWER)) {
              inRow = came.startsWith("429 budget") ? inRow + 1 : 0;
            }
            if (!came.isEmpty()) {
              Thread.sleep(20);
            }
          }
        });
    return this;
  }

  private void start(int count, Caller caller) {
    for (int i = 0; i < count; i++) {
      callers.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  caller.run();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
  }

  private interface Caller {
    void run() throws InterruptedException;
  }

  Burst join() throws InterruptedException {
    for (Thread caller : callers) {
      caller.join();
    }
    callers.clear();
    return this;
  }

  /// @return why not, or nothing
  private String call() {
    String why = NO_ANSWER;
    try {
      Http.Answer answer =
          Http.postJson(to.apply(next.getAndIncrement()), body, "authorization", bearer);
      if (answer.status() == OK) {
        answered.incrementAndGet();
        return "";
      }
      why = answer.status() + " " + answer.json().at("/error/code").asText();
      refused.computeIfAbsent(why, _ -> new AtomicInteger()).incrementAndGet();
    } catch (UncheckedIOException e) {
      // A call that found nobody was not sent.
      if (!(e.getCause() instanceof ConnectException)) {
        broken.incrementAndGet();
      }
    }
    return why;
  }

  int answered() {
    return answered.get();
  }

  /// Calls whose connection broke: they may have been charged.
  int broken() {
    return broken.get();
  }

  /// How many by status and code.
  Map<String, Integer> refused() {
    Map<String, Integer> counts = new TreeMap<>();
    refused.forEach((why, count) -> counts.put(why, count.get()));
    return counts;
  }

  @Override
  public String toString() {
    return answered + " answered, " + broken + " broken, refused " + refused;
  }
}

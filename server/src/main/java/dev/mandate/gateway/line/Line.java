package dev.mandate.gateway.line;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Resilience;
import dev.mandate.domain.upstream.UpstreamHealth.Failure;
import dev.mandate.gateway.GatewayConfig;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The way to one upstream of one tenant at one origin, from this node: what one tenant's calls do
/// there is felt by no other's. Touched by every event loop.
public final class Line {
  /// What a call that wants to go out may do.
  public enum Entry {
    GO,
    /// It finds out for the others whether the upstream works again.
    PROBE,
    /// [Waiter#turn] comes when it is its turn.
    QUEUED,
    CIRCUIT_OPEN,
    BUSY
  }

  /// A call that waits for its turn.
  public interface Waiter {
    /// It has a place now. Called from any thread.
    void turn();
  }

  /// What identifies it.
  public record Key(TenantId tenant, String upstream, String origin) {}

  private final Key key;
  private final GatewayConfig config;
  private final Circuit circuit;
  private final AtomicInteger underWay = new AtomicInteger();
  private final ArrayDeque<Waiter> queue = new ArrayDeque<>();
  private volatile Resilience settings;
  private volatile Waits waits;
  private volatile int callsMax;

  /// What was heard last: for people.
  private volatile long workedMillis;

  private volatile long failedMillis;
  private volatile @Nullable Failure lastFailure;

  public Line(Key key, Resilience settings, GatewayConfig config, LongSupplier nanos) {
    this.key = key;
    this.config = config;
    this.settings = settings;
    this.circuit = new Circuit(settings.breaker(), nanos);
    this.waits = Waits.of(settings.timeouts(), config);
    this.callsMax = max(settings);
  }

  void use(Resilience other) {
    if (other.equals(settings)) {
      return;
    }
    settings = other;
    waits = Waits.of(other.timeouts(), config);
    callsMax = max(other);
    circuit.use(other.breaker());
  }

  private static int max(Resilience settings) {
    Integer max = settings.capacity().callsMax();
    return max == null ? Integer.MAX_VALUE : max;
  }

  public Key key() {
    return key;
  }

  public Resilience settings() {
    return settings;
  }

  public Waits waits() {
    return waits;
  }

  public Circuit.State state() {
    return circuit.state();
  }

  /// Calls under way.
  public int underWay() {
    return underWay.get();
  }

  /// When a refused call may come again.
  public Duration retryAfter() {
    return Duration.ofNanos(circuit.refusesForNanos()).plusSeconds(1);
  }

  /// Each that is told to go, or gets its turn, must [#leave].
  public Entry enter(Waiter waiter) {
    switch (circuit.admit()) {
      case REFUSED -> {
        return Entry.CIRCUIT_OPEN;
      }
      case PROBE -> {
        // Beyond the bound: it is one, and without it nobody would know.
        underWay.incrementAndGet();
        return Entry.PROBE;
      }
      case GO -> {}
    }
    if (underWay.incrementAndGet() <= callsMax) {
      return Entry.GO;
    }
    synchronized (queue) {
      if (underWay.decrementAndGet() < callsMax) {
        underWay.incrementAndGet();
        return Entry.GO;
      }
      if (queue.size() >= settings.capacity().queueMax()) {
        return Entry.BUSY;
      }
      queue.add(waiter);
      return Entry.QUEUED;
    }
  }

  /// When it is its turn: the circuit may have opened meanwhile.
  public Entry enterAfterWaiting() {
    return switch (circuit.admit()) {
      case GO -> Entry.GO;
      case PROBE -> Entry.PROBE;
      case REFUSED -> Entry.CIRCUIT_OPEN;
    };
  }

  /// For one that asks beside the calls.
  Circuit.Admission admitProbe() {
    return circuit.admit();
  }

  public void leave() {
    underWay.decrementAndGet();
    if (callsMax != Integer.MAX_VALUE) {
      next();
    }
  }

  private void next() {
    Waiter waiter;
    synchronized (queue) {
      if (queue.isEmpty() || underWay.get() >= callsMax) {
        return;
      }
      underWay.incrementAndGet();
      waiter = queue.remove();
    }
    waiter.turn();
  }

  /// It does not want its turn any more, which may be on its way to it already.
  public void giveUp(Waiter waiter) {
    synchronized (queue) {
      var _ = queue.remove(waiter);
    }
  }

  /// The upstream answered, whatever it said: what is wrong with the request, with a key or with
  /// its rate is no failure of the line.
  public void worked(boolean probe, long millis) {
    circuit.worked(probe);
    workedMillis = millis;
  }

  /// No answer, or one that says that the upstream is unwell (5xx).
  public void failed(boolean probe, Failure why, long millis) {
    circuit.failed(probe);
    noted(why, millis);
  }

  /// An answer that had begun came to no end.
  public void brokeOff(Failure why, long millis) {
    circuit.brokeOff();
    noted(why, millis);
  }

  private void noted(Failure why, long millis) {
    lastFailure = why;
    failedMillis = millis;
  }

  /// The one that was to find out ended without an answer, for a reason of our own.
  public void foundNothing() {
    circuit.foundNothing();
  }

  long workedMillis() {
    return workedMillis;
  }

  long failedMillis() {
    return failedMillis;
  }

  @Nullable Failure lastFailure() {
    return lastFailure;
  }
}

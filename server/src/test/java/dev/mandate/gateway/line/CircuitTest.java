package dev.mandate.gateway.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Resilience;
import dev.mandate.domain.upstream.Resilience.Breaker;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.testing.Upstreams;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// When a circuit opens, and how it closes again.
class CircuitTest {
  private static final Breaker RULE =
      new Breaker(50, 4, Duration.ofSeconds(10), Duration.ofSeconds(5));

  private final AtomicLong nanos = new AtomicLong(Duration.ofDays(1).toNanos());
  private final Circuit circuit = new Circuit(RULE, nanos::get);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private void open() {
    for (int i = 0; i < 4; i++) {
      circuit.failed(false);
    }
    assertThat(circuit.state()).isEqualTo(Circuit.State.OPEN);
  }

  @Test
  void itOpensAtTheShareOfFailuresAndNotBelowTheLeastNumberOfCalls() {
    circuit.failed(false);
    circuit.failed(false);
    circuit.failed(false);
    assertThat(circuit.state()).isEqualTo(Circuit.State.CLOSED);
    circuit.worked(false);
    circuit.worked(false);
    circuit.worked(false);
    circuit.worked(false);
    // 3 of 7, then 4 of 8.
    assertThat(circuit.state()).isEqualTo(Circuit.State.CLOSED);
    circuit.failed(false);
    assertThat(circuit.state()).isEqualTo(Circuit.State.OPEN);
    assertThat(circuit.admit()).isEqualTo(Circuit.Admission.REFUSED);
    assertThat(circuit.refusesForNanos()).isEqualTo(Duration.ofSeconds(5).toNanos());
  }

  @Test
  void whatIsOlderThanTheWindowIsForgotten() {
    circuit.failed(false);
    circuit.failed(false);
    circuit.failed(false);
    pass(Duration.ofSeconds(10));
    circuit.failed(false);
    assertThat(circuit.state()).isEqualTo(Circuit.State.CLOSED);
    pass(Duration.ofSeconds(3));
    circuit.failed(false);
    circuit.failed(false);
    circuit.failed(false);
    assertThat(circuit.state()).isEqualTo(Circuit.State.OPEN);
  }

  @Test
  void ofAllThatComeOneFindsOutAndClosesItOrOpensItAgain() throws Exception {
    open();
    pass(Duration.ofSeconds(5).minusNanos(1));
    assertThat(circuit.admit()).isEqualTo(Circuit.Admission.REFUSED);
    pass(Duration.ofNanos(1));
    AtomicInteger probes = new AtomicInteger();
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> racers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      racers.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  begin.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                if (circuit.admit() == Circuit.Admission.PROBE) {
                  probes.incrementAndGet();
                }
              }));
    }
    begin.countDown();
    for (Thread racer : racers) {
      racer.join();
    }
    assertThat(probes).hasValue(1);
    circuit.failed(true);
    assertThat(circuit.state()).isEqualTo(Circuit.State.OPEN);
    pass(Duration.ofSeconds(5));
    assertThat(circuit.admit()).isEqualTo(Circuit.Admission.PROBE);
    circuit.worked(true);
    assertThat(circuit.admit()).isEqualTo(Circuit.Admission.GO);
  }

  @Test
  void oneThatFoundNothingLeavesItToTheNextAndWhoCameBeforeDecidesNothing() {
    open();
    pass(Duration.ofSeconds(5));
    assertThat(circuit.admit()).isEqualTo(Circuit.Admission.PROBE);
    circuit.worked(false);
    assertThat(circuit.state()).isEqualTo(Circuit.State.HALF_OPEN);
    circuit.foundNothing();
    assertThat(circuit.admit()).isEqualTo(Circuit.Admission.PROBE);
  }

  @Test
  void itNeverOpensWhereThatIsSwitchedOffAndClosesWhenItIs() {
    open();
    circuit.use(new Breaker(0, 1, Duration.ofSeconds(10), Duration.ofSeconds(5)));
    for (int i = 0; i < 100; i++) {
      circuit.failed(false);
    }
    assertThat(circuit.admit()).isEqualTo(Circuit.Admission.GO);
  }

  @Test
  void theFailuresOfOneTenantAreFeltByNoOtherAtTheSameOrigin() {
    Lines lines = new Lines(GatewayConfig.DEFAULT, nanos::get);
    URI url = URI.create("https://llm.test");
    Upstream acme = Upstreams.openai(new TenantId("acme"), url);
    Upstream other = Upstreams.openai(new TenantId("other"), url);
    for (int i = 0; i < Resilience.DEFAULT.breaker().callsMin(); i++) {
      lines.to(acme).failed(false, UpstreamHealth.Failure.UNREACHABLE, 1);
    }
    assertThat(lines.of(acme).state()).isEqualTo(UpstreamHealth.State.DOWN);
    assertThat(lines.of(other).state()).isEqualTo(UpstreamHealth.State.UNKNOWN);
    assertThat(lines.to(other).enter(() -> {})).isEqualTo(Line.Entry.GO);
    // A new origin is a new line.
    assertThat(lines.of(Upstreams.openai(new TenantId("acme"), URI.create("https://b.test"))))
        .isEqualTo(UpstreamHealth.Health.UNKNOWN);
  }
}

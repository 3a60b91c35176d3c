package dev.mandate.domain.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.monitoring.Finding.Kind;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActivityTest {
  private static final CallerId KEY = new CallerId(Tenants.ACME, CallerId.Kind.API_KEY, "key_1");

  private final TestClock clock = new TestClock();
  private final Activity activity = new Activity(clock);

  @ParameterizedTest
  @CsvSource({
    "203.0.113.7, 203.0.113.0/24",
    "0.0.0.0, unknown",
    "2001:db8:1:0:0:0:0:1, 2001:db8:1::/48",
    "2001:db8:1:ffff:0:0:0:2, 2001:db8:1::/48",
    "unknown, unknown",
    "'', unknown",
    "1.2, unknown"
  })
  void anAddressIsKnownByItsNetwork(String address, String network) {
    assertThat(Network.text(Network.of(address))).isEqualTo(network);
  }

  /// Whoever has a /48 of addresses or invents credentials must not fill our memory, nor push out
  /// those who are known.
  @Test
  void callersNetworksAndStrangersHaveABound() {
    for (int i = 0; i < 50_000; i++) {
      activity.stranger(Tenants.ACME, "2001:db8:" + Integer.toHexString(i) + ":0:0:0:0:1");
      activity.called(
          new CallerId(Tenants.ACME, CallerId.Kind.CLIENT, "c" + i), "198.51.100.1", "m", 1);
      activity.called(KEY, "10." + i / 256 % 256 + "." + i % 256 + ".1", "m" + i, 1);
    }
    List<Observed> taken = activity.take();
    assertThat(taken).hasSize(Activity.CALLERS_MAX + Activity.STRANGERS_MAX);
    Observed key = taken.stream().filter(one -> one.caller().equals(KEY)).findFirst().orElseThrow();
    assertThat(key.calls()).isEqualTo(50_000);
    assertThat(key.networks()).hasSize(Observed.NETWORKS_MAX);
    assertThat(key.models()).hasSize(Observed.MODELS_MAX);
    assertThat(activity.unwatched()).isEqualTo(100_000 - taken.size() + 1);
    assertThat(activity.take()).isEmpty();
  }

  private static Observed slot(long slot, long calls) {
    return new Observed(
        KEY, slot, calls, 0, 0, new TreeSet<>(List.of(7L)), new TreeSet<>(List.of("m")));
  }

  /// Stays just below what is still usual, day after day: how long until ten times as much is.
  @Test
  void whoTeachesSlowlyNeedsWeeksAndIsFoundOnTheWay() {
    Baseline baseline = Baseline.start(0);
    for (long day = 0; day < 28; day++) {
      baseline = baseline.with(slot(day * Observed.SLOTS_A_DAY, 1_000));
    }
    List<Kind> found = new ArrayList<>();
    long day = 28;
    long taught = 0;
    while (taught < 10_000) {
      long slot = day * Observed.SLOTS_A_DAY;
      taught = baseline.at(slot).measures().slotCalls().most();
      Observed seen = slot(slot, taught);
      Detector.look(baseline, seen).forEach(sign -> found.add(sign.kind()));
      baseline = baseline.with(seen);
      day++;
    }
    assertThat(day - 28).isGreaterThan(14);
    assertThat(found).contains(Kind.CREEP);
  }

  /// One enormous burst, and the spread of half a month of noise: neither becomes the measure.
  @Test
  void aBurstThatWasFoundIsNotTomorrowsUsual() {
    Baseline baseline = Baseline.start(0);
    for (long day = 0; day < 28; day++) {
      baseline = baseline.with(slot(day * Observed.SLOTS_A_DAY, 1_000));
    }
    long before = baseline.at(28 * Observed.SLOTS_A_DAY).measures().slotCalls().most();
    baseline = baseline.with(slot(28 * Observed.SLOTS_A_DAY, 1_000_000));
    assertThat(baseline.today().peakCalls()).isEqualTo(before);
    assertThat(baseline.at(29 * Observed.SLOTS_A_DAY).measures().slotCalls().most())
        .isEqualTo(before);
  }

  @Test
  void nobodyIsUnusualWhileTheyAreLearned() {
    Baseline baseline = Baseline.start(0);
    for (long day = 0; day < Measures.LEARNING_DAYS - 1; day++) {
      baseline = baseline.with(slot(day * Observed.SLOTS_A_DAY, 1));
    }
    Observed burst = slot(Measures.LEARNING_DAYS * Observed.SLOTS_A_DAY, 1_000_000);
    assertThat(Detector.look(baseline, burst)).isEmpty();
  }
}

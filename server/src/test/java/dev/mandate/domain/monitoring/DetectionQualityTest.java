package dev.mandate.domain.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.monitoring.Finding.Kind;
import dev.mandate.domain.monitoring.Finding.Response;
import dev.mandate.domain.monitoring.Traces.Attack;
import dev.mandate.domain.monitoring.Traces.Life;
import dev.mandate.domain.monitoring.Traces.Profile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// How much the detector finds, how soon, and how often it cries wolf: the table of
/// docs/guides/monitoring.md. Bounds are below what was seen, so that only a real loss is red.
class DetectionQualityTest {
  private static final int LIVES = Integer.getInteger("mandate.lives", 2);
  private static final int QUIET_DAYS = 45;
  private static final int SLOW_DAYS = 30;
  private static final long FIRST = Traces.FIRST_DAY * Observed.SLOTS_A_DAY;
  private static final int LEARNED_DAYS = 30;

  /// When the attack begins in its day, so that even an office is at work.
  private static final int TEN_O_CLOCK = 120;

  private record Found(Kind kind, long slot) {}

  /// The detector over a caller's life, with the product's own cool-down.
  private static final class Watched {
    private final List<Found> found = new ArrayList<>();
    private final Map<Kind, List<Instant>> before = new EnumMap<>(Kind.class);
    private Baseline baseline = Baseline.start(FIRST);

    Watched() {}

    Watched(Watched learned) {
      this.baseline = learned.baseline;
    }

    Watched live(Life life, int fromDay, int toDay) {
      long end = FIRST + (long) toDay * Observed.SLOTS_A_DAY;
      for (long slot = FIRST + (long) fromDay * Observed.SLOTS_A_DAY; slot < end; slot++) {
        Observed seen = life.next(slot);
        if (seen.calls() + seen.refusals() > 0) {
          look(seen);
          baseline = baseline.with(seen);
        }
      }
      return this;
    }

    private void look(Observed seen) {
      Instant now = Instant.ofEpochMilli(seen.slot() * Observed.SLOT_MILLIS);
      for (Detector.Sign sign : Detector.look(baseline, seen)) {
        List<Instant> same = before.computeIfAbsent(sign.kind(), _ -> new ArrayList<>());
        if (CoolDown.admits(sign.kind(), same, now)) {
          same.add(now);
          found.add(new Found(sign.kind(), seen.slot()));
        }
      }
    }
  }

  private static boolean alerts(Found found) {
    return found.kind().builtIn().compareTo(Response.ALERT) >= 0;
  }

  private record Caught(int lives, int caught, Duration delay) {
    String cell() {
      return caught == 0
          ? "0/" + lives
          : "%d/%d, %s".formatted(caught, lives, delay.toString().substring(1));
    }
  }

  private static Caught attack(Profile profile, Attack attack, List<Watched> learned) {
    boolean slow =
        EnumSet.of(Attack.CREEP_TEN, Attack.CREEP_TWO, Attack.HALF_MORE).contains(attack);
    int days = LEARNED_DAYS + (slow ? SLOW_DAYS : 2);
    long start = FIRST + (long) LEARNED_DAYS * Observed.SLOTS_A_DAY + hour(profile);
    List<Long> delays = new ArrayList<>();
    for (int seed = 0; seed < LIVES; seed++) {
      Life life = new Life(profile, attack, start, 1_000 + seed);
      new Watched(learned.get(seed))
          .live(life, LEARNED_DAYS, days).found.stream()
              .filter(found -> found.slot() >= start && alerts(found))
              .mapToLong(found -> (found.slot() - start + 1) * Observed.SLOT_MILLIS)
              .min()
              .ifPresent(delays::add);
    }
    long[] sorted = delays.stream().mapToLong(Long::longValue).sorted().toArray();
    return new Caught(
        LIVES,
        sorted.length,
        Duration.ofMillis(sorted.length == 0 ? 0 : sorted[sorted.length / 2]));
  }

  private static int hour(Profile profile) {
    return profile == Profile.NIGHTLY ? 2 * Observed.SLOTS_AN_HOUR : TEN_O_CLOCK;
  }

  /// Per 1,000 days of a caller that is learned and does nothing unusual.
  private record Noise(double alerts, double recorded) {
    static Noise of(List<Watched> quiet) {
      double days = LIVES * (double) (QUIET_DAYS - Measures.LEARNING_DAYS) / 1_000;
      List<Found> all = quiet.stream().flatMap(one -> one.found.stream()).toList();
      long alerts = all.stream().filter(DetectionQualityTest::alerts).count();
      return new Noise(alerts / days, (all.size() - alerts) / days);
    }
  }

  private static void assertCaught(Profile profile, Map<Attack, Caught> of) {
    for (Attack attack : EnumSet.of(Attack.EXFILTRATION, Attack.PROBING, Attack.SPEND)) {
      assertThat(of.get(attack)).as(profile + " " + attack).satisfies(DetectionQualityTest::soon);
    }
    // Who roams has no network of its own.
    if (profile != Profile.ROAMING) {
      assertThat(of.get(Attack.STOLEN_KEY)).as(profile + "").satisfies(DetectionQualityTest::soon);
    }
    Caught creep = Objects.requireNonNull(of.get(Attack.CREEP_TEN));
    assertThat(creep.caught()).as(profile + " creep").isEqualTo(LIVES);
    assertThat(creep.delay()).isLessThan(Duration.ofDays(20));
  }

  /// One in five may get away, and nobody for long.
  private static void soon(Caught caught) {
    assertThat(caught.caught()).isGreaterThanOrEqualTo(LIVES - LIVES / 5);
    assertThat(caught.delay()).isLessThanOrEqualTo(Duration.ofHours(2));
  }

  @Test
  void attacksAreFoundAndQuietCallersAreLeftAlone() {
    Map<Profile, Map<Attack, Caught>> caught = new EnumMap<>(Profile.class);
    Map<Profile, Noise> noise = new EnumMap<>(Profile.class);
    StringBuilder table = new StringBuilder("\n| Caller | false alerts | records |");
    Attack[] attacks = Arrays.copyOfRange(Attack.values(), 1, Attack.values().length);
    for (Attack attack : attacks) {
      table.append(' ').append(attack.name().toLowerCase(Locale.ROOT)).append(" |");
    }
    for (Profile profile : Profile.values()) {
      List<Watched> learned = new ArrayList<>();
      List<Watched> quiet = new ArrayList<>();
      for (int seed = 0; seed < LIVES; seed++) {
        Life life = new Life(profile, Attack.NONE, 0, seed);
        Watched watched = new Watched().live(life, 0, LEARNED_DAYS);
        learned.add(new Watched(watched));
        quiet.add(watched.live(life, LEARNED_DAYS, QUIET_DAYS));
      }
      noise.put(profile, Noise.of(quiet));
      table.append(
          String.format(
              Locale.ROOT,
              "%n| %s | %.1f | %.1f |",
              profile.name().toLowerCase(Locale.ROOT),
              noise.get(profile).alerts(),
              noise.get(profile).recorded()));
      for (Attack attack : attacks) {
        Caught one = attack(profile, attack, learned);
        caught.computeIfAbsent(profile, _ -> new EnumMap<>(Attack.class)).put(attack, one);
        table.append(' ').append(one.cell()).append(" |");
      }
    }
    System.out.println(table);
    assertThat(noise.values()).allSatisfy(one -> assertThat(one.alerts()).isLessThan(40));
    caught.forEach(DetectionQualityTest::assertCaught);
  }
}

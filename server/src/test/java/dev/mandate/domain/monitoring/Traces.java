package dev.mandate.domain.monitoring;

import dev.mandate.testing.Tenants;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;

/// Made-up callers, slot by slot, from a seed: what they do, and what an attacker adds.
final class Traces {
  static final long FIRST_DAY = 20_000;
  private static final long HOME = Network.of("198.51.100.7");
  private static final long SECOND = Network.of("203.0.113.9");
  private static final long ATTACKER = Network.of("192.0.2.66");

  private Traces() {}

  /// What kind of caller it is.
  enum Profile {
    /// A service: the same all day, more by day than by night.
    STEADY,
    /// A person in an office, on weekdays, now and then from a network that is new.
    OFFICE,
    /// An agent: nothing for hours, then a run whose size spreads over two orders of magnitude.
    BURSTY,
    /// A job of an hour at two in the morning.
    NIGHTLY,
    /// A service whose traffic grows by two per cent a day.
    GROWING,
    /// A client of many people: a new network nearly every day.
    ROAMING
  }

  /// What an attacker does with it.
  enum Attack {
    NONE,
    /// A few calls from elsewhere, for two hours.
    STOLEN_KEY,
    /// From the caller's own host: twenty times its usual busiest slot, for half an hour.
    EXFILTRATION,
    /// A hundred and fifty refusals a slot, for a quarter of an hour.
    PROBING,
    /// As many calls as usual, each thirty times as dear, for two hours.
    SPEND,
    /// Ten per cent more each day.
    CREEP_TEN,
    /// Two per cent more each day.
    CREEP_TWO,
    /// From the caller's own host, half as much again as usual, for good.
    HALF_MORE
  }

  /// One caller's life.
  static final class Life {
    private final Profile profile;
    private final Attack attack;
    private final long start;
    private final Random random;
    private final CallerId caller;
    private final double scale;
    private long run;
    private double perSlot;

    /// @param start the slot at which the attack begins
    /// @param seed of what happens; lives of the same `seed % 1000` are of the same size
    Life(Profile profile, Attack attack, long start, long seed) {
      this.profile = profile;
      this.attack = attack;
      this.start = start;
      this.random = new Random(seed);
      this.caller = new CallerId(Tenants.ACME, CallerId.Kind.API_KEY, profile.name() + "_" + seed);
      this.scale = Math.exp(new Random(seed % 1_000).nextGaussian() * 0.7);
    }

    private double usual(long slot) {
      int hour = Baseline.hourOf(slot);
      long day = Baseline.dayOf(slot) - FIRST_DAY;
      return switch (profile) {
        case STEADY, ROAMING -> scale * (12 + 6 * Math.sin((hour - 6) * Math.PI / 12));
        case GROWING -> scale * 12 * Math.pow(1.02, (double) day);
        case OFFICE -> day % 7 < 5 && hour >= 8 && hour < 18 ? scale * 3 : 0;
        case NIGHTLY -> hour == 2 ? scale * 150 : 0;
        case BURSTY -> burst();
      };
    }

    private double burst() {
      if (run == 0 && random.nextInt(60) == 0) {
        run = 1L + random.nextInt(6);
        perSlot = scale * 15 * Math.exp(random.nextGaussian());
      }
      if (run > 0) {
        run--;
        return perSlot;
      }
      return 0;
    }

    private long poisson(double mean) {
      if (mean > 50) {
        return Math.max(0, Math.round(mean + random.nextGaussian() * Math.sqrt(mean)));
      }
      double limit = Math.exp(-mean);
      double product = random.nextDouble();
      long count = 0;
      while (product > limit) {
        count++;
        product *= random.nextDouble();
      }
      return count;
    }

    private SortedSet<Long> networks() {
      return switch (profile) {
        case ROAMING -> new TreeSet<>(List.of(HOME, HOME + 1_000 + random.nextInt(3_000)));
        // A hotel, once in sixty days.
        case OFFICE ->
            random.nextInt(60 * 120) == 0
                ? new TreeSet<>(List.of(HOME + 5_000 + random.nextInt(9_000)))
                : new TreeSet<>(List.of(random.nextInt(5) == 0 ? SECOND : HOME));
        case STEADY, BURSTY, NIGHTLY, GROWING -> new TreeSet<>(List.of(HOME));
      };
    }

    Observed next(long slot) {
      double mean = usual(slot);
      long calls = poisson(mean);
      double dear = 1;
      long refusals = poisson(mean * 0.02);
      SortedSet<Long> networks = networks();
      long since = slot - start;
      if (since >= 0) {
        double days = (double) since / Observed.SLOTS_A_DAY;
        switch (attack) {
          case STOLEN_KEY -> {
            if (since < 24) {
              calls += 2;
              networks.add(ATTACKER);
            }
          }
          case EXFILTRATION -> calls += since < 6 ? exfiltrated() : 0;
          case PROBING -> refusals += since < 3 ? 150 : 0;
          case SPEND -> {
            dear = since < 24 ? 30 : 1;
            calls += since < 24 ? Math.round(scale * 12) : 0;
          }
          case CREEP_TEN -> calls = poisson(mean * Math.pow(1.10, days));
          case CREEP_TWO -> calls = poisson(mean * Math.pow(1.02, days));
          case HALF_MORE -> calls = poisson(mean * 1.5);
          case NONE -> {}
        }
      }
      long cost = 0;
      for (long i = 0; i < Math.min(calls, 200); i++) {
        cost += Math.round(4_000 * Math.exp(random.nextGaussian() * 0.8) * dear);
      }
      cost = calls > 200 ? cost / 200 * calls : cost;
      return new Observed(
          caller,
          slot,
          calls,
          refusals,
          cost,
          calls + refusals > 0 ? networks : Collections.emptySortedSet(),
          calls > 0 ? new TreeSet<>(List.of("gpt-5-mini")) : Collections.emptySortedSet());
    }

    private long exfiltrated() {
      double peak =
          switch (profile) {
            case STEADY, ROAMING, GROWING -> 25;
            case OFFICE -> 10;
            case NIGHTLY -> 180;
            case BURSTY -> 60;
          };
      return Math.round(scale * peak * 20);
    }
  }
}

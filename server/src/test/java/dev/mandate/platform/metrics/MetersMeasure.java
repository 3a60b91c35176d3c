package dev.mandate.platform.metrics;

/// What recording costs; run by hand. Prints nanoseconds an operation.
public final class MetersMeasure {
  private static final int ROUNDS = 6;
  private static final int OPERATIONS = 5_000_000;

  private enum Outcome {
    OK,
    REFUSED,
    FAILED
  }

  private MetersMeasure() {}

  public static void main(String[] arguments) {
    Meters meters = new Meters();
    Label<Outcome> outcome = Label.of("outcome", Outcome.class, Enum::name);
    Label<Boolean> flag = Label.flag("flag");
    Label<String> name = Label.first("name", 50);
    Counters counters = meters.counters("measure.calls", "Calls", outcome, flag, name);
    Timers timers = meters.timers("measure.took", "Took", Meters.Buckets.REMOTE, outcome, flag);
    for (int round = 0; round < ROUNDS; round++) {
      long began = System.nanoTime();
      for (int i = 0; i < OPERATIONS; i++) {
        counters.add(1, outcome.at(Outcome.OK), i & 1, name.at("openai"));
      }
      long counted = System.nanoTime();
      for (int i = 0; i < OPERATIONS; i++) {
        timers.record((long) i * 100, outcome.at(Outcome.OK), i & 1);
      }
      long timed = System.nanoTime();
      System.out.printf(
          "counter %d ns, timer %d ns%n",
          (counted - began) / OPERATIONS, (timed - counted) / OPERATIONS);
    }
  }
}

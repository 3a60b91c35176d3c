package dev.mandate.domain.monitoring;

/// One day of a caller, in UTC.
///
/// @param calls in all
/// @param peakCalls in its busiest slot
/// @param peakHourCalls in its busiest hour
/// @param peakRefusals in the slot with most of them
/// @param costMicros in all
/// @param peakHourCost in its dearest hour
/// @param hours at which it called: bit 0 is midnight
/// @param newNetwork whether it came from a network that was unknown
record Day(
    long day,
    long calls,
    long peakCalls,
    long peakHourCalls,
    long peakRefusals,
    long costMicros,
    long peakHourCost,
    int hours,
    boolean newNetwork) {

  static Day start(long day) {
    return new Day(day, 0, 0, 0, 0, 0, 0, 0, false);
  }

  boolean wasUsed() {
    return calls > 0;
  }
}

package dev.mandate.domain.budget;

import java.time.Duration;

/// How a node deals with its leases.
///
/// @param idle after this long unused, a lease is given back
/// @param heartbeat between two signs of life
/// @param listen between two looks for recalls, while there are other nodes
/// @param listenAlone the same while there are none: one may just have come
/// @param recallWait for the other nodes' answers to a recall
/// @param deaf how long a node that didn't answer is not waited for
/// @param patience with the store, before a call is told that nothing can be held
/// @param waitingMax calls that wait for a lease at once
public record LeaseBounds(
    Duration idle,
    Duration heartbeat,
    Duration listen,
    Duration listenAlone,
    Duration recallWait,
    Duration deaf,
    Duration patience,
    int waitingMax) {
  public static final LeaseBounds DEFAULT =
      new LeaseBounds(
          Duration.ofSeconds(1),
          Duration.ofSeconds(1),
          Duration.ofMillis(50),
          Duration.ofMillis(200),
          Duration.ofMillis(300),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2),
          10_000);
}

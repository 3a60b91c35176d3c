package dev.mandate.gateway.caller;

import dev.mandate.domain.dpop.DpopNonces;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.UsedOnceStore;
import dev.mandate.gateway.Refusal;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;

/// The proofs that this node has seen, in memory: a call to a model must not wait for the store. A
/// proof that is stolen on its way can still be used at another node, once each, until its nonce is
/// no longer good.
public final class SeenProofs implements UsedOnceStore {
  /// Seen within a turn; beyond it calls are refused, for forgetting one would let it be used
  /// again.
  static final int PER_TURN_MAX = 500_000;

  /// What was seen is remembered for one turn at least, and two at most.
  private static final Duration TURN =
      DpopNonces.LIFETIME.plus(DpopNonces.SKEW).plus(DpopNonces.SKEW);

  private final InstantSource clock;
  private final int max;
  private Set<Seen> before = new HashSet<>();
  private Set<Seen> now = new HashSet<>();
  private Instant turnsAt;

  private record Seen(TenantId tenant, TokenHash id) {}

  public SeenProofs(InstantSource clock) {
    this(clock, PER_TURN_MAX);
  }

  SeenProofs(InstantSource clock, int max) {
    this.clock = clock;
    this.max = max;
    this.turnsAt = clock.instant().plus(TURN);
  }

  /// @throws Refusal when too many were seen to remember another
  @Override
  public synchronized boolean useOnce(TenantId tenant, TokenHash id, Instant until) {
    Instant instant = clock.instant();
    if (!instant.isBefore(turnsAt)) {
      before = now;
      now = new HashSet<>();
      turnsAt = instant.plus(TURN);
    }
    Seen seen = new Seen(tenant, id);
    if (before.contains(seen) || now.contains(seen)) {
      return false;
    }
    if (now.size() >= max) {
      throw Refusal.of(Refusal.Code.OVERLOADED, "too many proofs of possession, try again");
    }
    return now.add(seen);
  }
}

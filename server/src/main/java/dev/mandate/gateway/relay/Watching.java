package dev.mandate.gateway.relay;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.platform.observe.RequestFacts;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Counts what callers do, and holds back those that are to be held back. Touches memory only.
public final class Watching {
  private final Activity activity;
  private final Restraints restraints;
  private final InstantSource clock;

  public Watching(Activity activity, Restraints restraints, InstantSource clock) {
    this.activity = activity;
    this.restraints = restraints;
    this.clock = clock;
  }

  /// @throws Refusal for a caller that is held back
  public void check(Caller caller, Standing standing, Instant now) {
    Instant until = restraints.until(caller.tenant(), caller.apiKey(), client(standing), now);
    if (until == null) {
      return;
    }
    if (until.equals(Instant.MAX)) {
      throw suspended();
    }
    throw Refusal.later(
        Refusal.Code.CALLER_THROTTLED,
        "the caller behaved unlike before and is held back until " + until,
        Duration.between(now, until));
  }

  private static Refusal suspended() {
    return Refusal.of(Refusal.Code.CALLER_SUSPENDED, Restraints.SUSPENDED);
  }

  private static @Nullable ClientId client(@Nullable Standing standing) {
    return standing == null || standing.rights() == null
        ? null
        : standing.rights().mandate().client();
  }

  private static @Nullable CallerId id(@Nullable Caller caller, @Nullable Standing standing) {
    if (caller == null) {
      return null;
    }
    ApiKeyId key = caller.apiKey();
    ClientId client = client(standing);
    if (key != null) {
      return CallerId.of(caller.tenant(), key);
    }
    return client == null ? null : CallerId.of(caller.tenant(), client);
  }

  /// @return who was counted; null when nobody was
  @Nullable CallerId called(Outgoing call, Settlement.@Nullable Booked booked) {
    CallerId caller = id(call.caller(), call.standing());
    if (caller != null) {
      activity.called(
          caller,
          call.facts().peer(),
          call.prompt().model(),
          booked == null ? 0 : booked.costMicros());
    }
    return caller;
  }

  /// @return who was counted; null when nobody was
  @Nullable CallerId refused(
      TenantId tenant,
      RequestFacts facts,
      Refusal refusal,
      @Nullable Caller caller,
      @Nullable Standing standing) {
    if (!Activity.isRefusal(refusal.code().status())) {
      return null;
    }
    CallerId known = id(caller, standing);
    if (known != null) {
      activity.refused(known, facts.peer());
      return known;
    }
    return refusal.code() == Refusal.Code.INVALID_TOKEN
        ? activity.stranger(tenant, facts.peer())
        : null;
  }

  /// Cuts the open calls of those that are suspended now.
  public void cutSuspended(TenantId tenant, OpenCalls open) {
    Instant now = clock.instant();
    open.byMandate(
            tenant,
            call ->
                restraints.isSuspended(
                    tenant, call.caller().apiKey(), client(call.standing()), now))
        .values()
        .forEach(calls -> calls.forEach(call -> call.cut(suspended())));
  }
}

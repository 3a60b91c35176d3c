package dev.mandate.gateway;

import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.upstream.Resilience.Cause;
import dev.mandate.domain.upstream.Resilience.Fallback;
import dev.mandate.gateway.budgeting.Holds;
import dev.mandate.gateway.prompting.ModelName;
import dev.mandate.gateway.relay.Elsewhere;
import dev.mandate.gateway.relay.Outgoing;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.gateway.relay.RelayedCall;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Mount;
import dev.mandate.gateway.routing.Mounts;
import dev.mandate.gateway.routing.Route;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Takes a call to another upstream where its own did not serve it: as if the caller had made it
/// there itself. It runs through all stages again, so nothing that a direct call needs is left out:
/// the token's audience, the mandate's upstream, model and capability, the body's members, and what
/// is left of the budget. What it finds refused there the caller never hears of; it gets the answer
/// of the upstream that it called.
final class Detours {
  /// What makes an answer and keeps nothing: the only calls that two upstreams serve alike.
  private static final Set<Endpoint> ENDPOINTS =
      Set.of(
          Endpoint.CHAT_COMPLETIONS,
          Endpoint.RESPONSES_CREATE,
          Endpoint.EMBEDDINGS,
          Endpoint.MESSAGES_CREATE,
          Endpoint.COUNT_TOKENS,
          Endpoint.GENERATE_CONTENT,
          Endpoint.STREAM_GENERATE_CONTENT,
          Endpoint.GEMINI_COUNT_TOKENS);

  private final Mounts mounts;
  private final Budgets budgets;
  private final Relay relay;
  private final CallMeters meters;
  private final Consumer<PendingCall> again;

  /// @param again runs all stages
  Detours(
      Mounts mounts, Budgets budgets, Relay relay, CallMeters meters, Consumer<PendingCall> again) {
    this.mounts = mounts;
    this.budgets = budgets;
    this.relay = relay;
    this.meters = meters;
    this.again = again;
  }

  /// As the caller sent it.
  private record Original(
      Mount mount, Route route, @Nullable String query, Buffer body, String model) {}

  /// One call's way from upstream to upstream.
  static final class Detour {
    private final Original original;
    private final Iterator<Fallback> left;
    private final Budgets.Reservation held;
    private final RelayedCall from;
    private final Cause cause;
    private final Runnable none;

    /// Whether what was held is held elsewhere.
    private boolean moved;

    private Detour(
        Original original,
        Iterator<Fallback> left,
        Budgets.Reservation held,
        RelayedCall from,
        Cause cause,
        Runnable none) {
      this.original = original;
      this.left = left;
      this.held = held;
      this.from = from;
      this.cause = cause;
      this.none = none;
    }

    boolean isOver() {
      return from.hasEnded();
    }

    Elsewhere.From from() {
      return new Elsewhere.From(original.mount.upstream(), cause, from.hasStarted());
    }
  }

  /// Where this call goes when its upstream does not serve it.
  Elsewhere of(PendingCall call, Budgets.Reservation held, boolean keeps) {
    List<Fallback> fallbacks =
        call.target == null ? List.of() : call.target.upstream().resilience().fallbacks();
    if (keeps
        || call.objects != null
        || call.endpoint == null
        || !ENDPOINTS.contains(call.endpoint)
        || (call.detour == null && fallbacks.isEmpty())) {
      return Elsewhere.NONE;
    }
    Detour before = call.detour;
    return before == null
        ? new Way(call, original(call), fallbacks, held)
        : new Way(call, before.original, rest(before), held);
  }

  private static List<Fallback> rest(Detour before) {
    List<Fallback> rest = new ArrayList<>();
    before.left.forEachRemaining(rest::add);
    return rest;
  }

  private static Original original(PendingCall call) {
    if (call.route == null || call.body == null || call.model == null) {
      throw new IllegalStateException("a call that was not scanned goes nowhere");
    }
    return new Original(call.mount, call.route, call.query, call.body, call.model);
  }

  private final class Way implements Elsewhere {
    private final PendingCall call;
    private final Original original;
    private final List<Fallback> fallbacks;
    private final Budgets.Reservation held;

    Way(PendingCall call, Original original, List<Fallback> fallbacks, Budgets.Reservation held) {
      this.call = call;
      this.original = original;
      this.fallbacks = fallbacks;
      this.held = held;
    }

    @Override
    public boolean mayGo(Cause cause) {
      for (Fallback fallback : fallbacks) {
        if (fallback.causes().contains(cause)) {
          return true;
        }
      }
      return false;
    }

    @Override
    public void go(RelayedCall from, Cause cause, Runnable none) {
      call.detour = new Detour(original, fallbacks.iterator(), held, from, cause, none);
      next(call, call.detour);
    }
  }

  /// The pipeline refused the call there.
  ///
  /// @return whether that is the caller's to hear
  boolean refused(PendingCall call) {
    Detour detour = call.detour;
    if (detour == null) {
      return true;
    }
    if (detour.moved) {
      none(call, detour);
    } else {
      next(call, detour);
    }
    return false;
  }

  private void next(PendingCall call, Detour detour) {
    while (!detour.isOver() && detour.left.hasNext()) {
      Fallback fallback = detour.left.next();
      if (fallback.causes().contains(detour.cause)) {
        find(call, detour, fallback);
        return;
      }
    }
    none(call, detour);
  }

  /// Its request counts against its rate limits all the same.
  private static void none(PendingCall call, Detour detour) {
    call.pass.end(0);
    detour.none.run();
  }

  private void find(PendingCall call, Detour detour, Fallback fallback) {
    List<Mount> known = mounts.cached(detour.original.mount.issuer().tenant());
    if (known != null) {
      found(call, detour, fallback, known);
      return;
    }
    mounts.load(
        detour.original.mount.issuer().tenant(),
        (loaded, _) -> found(call, detour, fallback, loaded == null ? List.of() : loaded));
  }

  private void found(PendingCall call, Detour detour, Fallback fallback, List<Mount> known) {
    Original original = detour.original;
    Mount there = Mounts.find(known, "/" + fallback.upstream() + "/");
    String model = fallback.modelThere(original.model);
    String path = there == null ? null : original.route.pathAt(original.mount, there, model);
    if (detour.isOver() || there == null || path == null) {
      next(call, detour);
      return;
    }
    boolean same = there.provider() == original.mount.provider();
    call.mount = there;
    call.path = path;
    call.query = same ? original.query : null;
    call.body = ModelName.replaced(original.body, there.provider().api(), model);
    call.refills = 0;
    call.objects = null;
    again.accept(call);
  }

  /// What is held for the call goes with it.
  Holds holds(PendingCall call, Holds own) {
    Detour detour = call.detour;
    return detour == null ? own : new Holds(budgets.insteadOf(detour.held));
  }

  /// Sends it there, in the place of the one that was not served.
  ///
  /// @param fresh whether nothing was heard since the rights were looked up
  void send(PendingCall call, Detour detour, Outgoing outgoing, BooleanSupplier fresh) {
    detour.moved = true;
    RelayedCall there = relay.replace(detour.from, outgoing);
    if (there == null) {
      call.pass.end(0);
      return;
    }
    // From here on the end of rights cuts it; what was heard before is only seen here.
    if (!fresh.getAsBoolean()) {
      relay.putBack(detour.from, there, outgoing);
      none(call, detour);
      return;
    }
    detour.from.handedOver();
    meters.fellBack(detour.cause);
    relay.send(there);
  }
}

package dev.mandate.domain.monitoring;

import dev.mandate.domain.tenant.TenantId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Counts what callers do, in memory and within bounds, until somebody takes the counts away.
/// Called for every call on the event loop: a look into a map, a few additions.
public final class Activity {
  /// Of all tenants together, between two takings. Who comes after them is not watched, and counted
  /// as such.
  static final int CALLERS_MAX = 20_000;

  /// Networks of strangers: whoever has many addresses must not push callers out.
  static final int STRANGERS_MAX = 4_096;

  private final InstantSource clock;
  private final ConcurrentMap<CallerId, Counts> callers = new ConcurrentHashMap<>();
  private final ConcurrentMap<CallerId, Counts> strangers = new ConcurrentHashMap<>();
  private final AtomicLong unwatched = new AtomicLong();

  public Activity(InstantSource clock) {
    this.clock = clock;
  }

  private static final class Counts {
    private final long slot;
    private final long[] networks = new long[Observed.NETWORKS_MAX];
    private final @Nullable String[] models = new @Nullable String[Observed.MODELS_MAX];
    private long calls;
    private long refusals;
    private long costMicros;

    Counts(long slot) {
      this.slot = slot;
    }

    synchronized void call(long network, @Nullable String model, long cost) {
      calls++;
      costMicros += cost;
      seen(network);
      if (model == null) {
        return;
      }
      for (int i = 0; i < models.length; i++) {
        if (models[i] == null) {
          models[i] = model;
        }
        if (model.equals(models[i])) {
          return;
        }
      }
    }

    synchronized void refusal(long network) {
      refusals++;
      seen(network);
    }

    private void seen(long network) {
      for (int i = 0; i < networks.length; i++) {
        if (networks[i] == Network.UNKNOWN) {
          networks[i] = network;
        }
        if (networks[i] == network) {
          return;
        }
      }
    }

    synchronized Observed observed(CallerId caller) {
      SortedSet<Long> seen = new TreeSet<>();
      for (long network : networks) {
        if (network != Network.UNKNOWN) {
          seen.add(network);
        }
      }
      SortedSet<String> named = new TreeSet<>();
      for (String model : models) {
        if (model != null) {
          named.add(model);
        }
      }
      return new Observed(caller, slot, calls, refusals, costMicros, seen, named);
    }
  }

  /// A call ended that was let through.
  ///
  /// @param address from which it came
  public void called(CallerId caller, String address, String model, long costMicros) {
    Counts counts = counts(callers, CALLERS_MAX, caller);
    if (counts != null) {
      counts.call(Network.of(address), model, costMicros);
    }
  }

  /// It got an answer of ours that no provider gave: a token, or what the admin API says.
  ///
  /// @param address from which it came
  public void answered(CallerId caller, String address) {
    Counts counts = counts(callers, CALLERS_MAX, caller);
    if (counts != null) {
      counts.call(Network.of(address), null, 0);
    }
  }

  /// Whether an answer with this status refuses the caller; what failed here or at a provider says
  /// nothing about it.
  public static boolean isRefusal(int status) {
    return status == 401 || status == 403 || status == 429;
  }

  /// A call of a known caller was refused.
  public void refused(CallerId caller, String address) {
    Counts counts = counts(callers, CALLERS_MAX, caller);
    if (counts != null) {
      counts.refusal(Network.of(address));
    }
  }

  /// A credential was presented that is nobody's.
  ///
  /// @return who stands for whoever did it
  public CallerId stranger(TenantId tenant, String address) {
    long network = Network.of(address);
    CallerId stranger = new CallerId(tenant, CallerId.Kind.NETWORK, Network.text(network));
    Counts counts = counts(strangers, STRANGERS_MAX, stranger);
    if (counts != null) {
      counts.refusal(network);
    }
    return stranger;
  }

  private @Nullable Counts counts(ConcurrentMap<CallerId, Counts> in, int max, CallerId caller) {
    Counts counts = in.get(caller);
    if (counts != null) {
      return counts;
    }
    // Racing callers may exceed it by as many as there are event loops.
    if (in.size() >= max) {
      unwatched.incrementAndGet();
      return null;
    }
    return in.computeIfAbsent(caller, _ -> new Counts(Observed.slotOf(clock.millis())));
  }

  /// Takes the counts away. A call that is being counted at this moment may be missed; none is
  /// counted twice.
  List<Observed> take() {
    List<Observed> taken = new ArrayList<>();
    take(callers, taken);
    take(strangers, taken);
    return taken;
  }

  private static void take(ConcurrentMap<CallerId, Counts> from, List<Observed> to) {
    for (CallerId caller : from.keySet()) {
      Counts counts = from.remove(caller);
      if (counts != null) {
        to.add(counts.observed(caller));
      }
    }
  }

  /// Calls that found no room to be counted; for metrics.
  public long unwatched() {
    return unwatched.get();
  }
}

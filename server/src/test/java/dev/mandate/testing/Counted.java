package dev.mandate.testing;

import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Monitor;
import dev.mandate.domain.monitoring.Observed;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeSet;

/// What was counted of a caller so far.
public final class Counted {
  private Counted() {}

  public static Observed of(
      CallerId caller, Activity activity, Stores stores, InstantSource clock) {
    TokenSource ids = new TokenSource(new SecureRandom(), clock);
    new Monitor(
            activity,
            stores.monitoring(),
            stores.findings(),
            (_, _, _, _, _, _) -> {},
            stores.audit(),
            _ -> null,
            ids,
            clock,
            "node")
        .round();
    List<Observed> seen = stores.monitoring().seen(caller.tenant(), List.of(caller)).get(caller);
    return seen == null
        ? new Observed(caller, 0, 0, 0, 0, new TreeSet<>(), new TreeSet<>())
        : seen.getLast();
  }
}

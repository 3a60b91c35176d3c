package dev.mandate.gateway.mandating;

import dev.mandate.gateway.snapshot.TenantKey;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Finds another key for a call whose key was refused, by what is true at that moment.
public final class KeySearch {
  private static final int LOOKS_MAX = 5;

  private final Targets targets;
  private final Payers payers;
  private final LongSupplier changesHeard;

  public KeySearch(Targets targets, Payers payers, LongSupplier changesHeard) {
    this.targets = targets;
    this.payers = payers;
    this.changesHeard = changesHeard;
  }

  /// For a call that was admitted to this target.
  public OtherKeys of(TenantKey<String> upstream, Target admitted, Standing standing) {
    return (ProviderKey refused, Consumer<ProviderKey> put, Consumer<@Nullable ProviderKey> then) ->
        look(new Search(upstream, admitted, standing, refused, put, then), LOOKS_MAX);
  }

  private record Search(
      TenantKey<String> upstream,
      Target admitted,
      Standing standing,
      ProviderKey refused,
      Consumer<ProviderKey> put,
      Consumer<@Nullable ProviderKey> then) {}

  private void look(Search search, int looks) {
    long generation = changesHeard.getAsLong();
    Target now = targets.cached(search.upstream);
    if (now != null) {
      looked(search, now, generation, looks);
      return;
    }
    targets.load(
        search.upstream,
        (loaded, _) -> {
          if (loaded == null) {
            search.then.accept(null);
          } else {
            looked(search, loaded, generation, looks);
          }
        });
  }

  private void looked(Search search, Target now, long generation, int looks) {
    if (!now.upstream().origin().equals(search.admitted.upstream().origin())) {
      // Its keys were entered for another place than the one that the call goes to.
      search.then.accept(null);
      return;
    }
    ProviderKeys keys = payers.cached(now, search.standing);
    if (keys != null) {
      found(search, keys, generation, looks);
      return;
    }
    payers.load(
        now,
        search.standing,
        (loaded, _) ->
            found(search, loaded == null ? ProviderKeys.NONE : loaded, generation, looks));
  }

  private void found(Search search, ProviderKeys keys, long generation, int looks) {
    ProviderKey other = keys.other(search.refused);
    if (other == null) {
      search.then.accept(null);
      return;
    }
    // From here on its removal cuts the call; what was heard before, and after the keys were read,
    // is only seen by the count.
    search.put.accept(other);
    if (changesHeard.getAsLong() == generation) {
      search.then.accept(other);
    } else if (looks > 0) {
      look(search, looks - 1);
    } else {
      search.then.accept(null);
    }
  }
}

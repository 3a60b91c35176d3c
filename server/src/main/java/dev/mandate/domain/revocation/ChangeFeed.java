package dev.mandate.domain.revocation;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells listeners of each change: of this node's own after it is committed and before the call that
/// made it returns, of the other nodes' as soon as this one hears of it.
public final class ChangeFeed {
  private static final Logger log = LoggerFactory.getLogger(ChangeFeed.class);

  private final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();
  private final Freshness freshness;

  public ChangeFeed() {
    this(new Freshness(Freshness.STALENESS_MAX));
  }

  public ChangeFeed(Freshness freshness) {
    this.freshness = freshness;
  }

  /// How long ago all was heard.
  public Freshness freshness() {
    return freshness;
  }

  /// @param listener must be quick and must not block
  public void subscribe(Consumer<Change> listener) {
    listeners.add(listener);
  }

  /// Called by storage, after the commit. A listener that fails doesn't keep the others from
  /// hearing.
  public void publish(Change change) {
    for (Consumer<Change> listener : listeners) {
      try {
        listener.accept(change);
      } catch (RuntimeException e) {
        log.error("a listener failed on {}", change, e);
      }
    }
  }
}

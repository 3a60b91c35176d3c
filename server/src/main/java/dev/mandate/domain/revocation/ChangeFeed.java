package dev.mandate.domain.revocation;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells listeners of each change after it is committed and before the call that made it returns.
public final class ChangeFeed {
  private static final Logger log = LoggerFactory.getLogger(ChangeFeed.class);

  private final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();

  /// @param listener must be quick and must not block
  public void subscribe(Consumer<Change> listener) {
    listeners.add(listener);
  }

  /// Called by stores, after the commit. A listener that fails doesn't keep the others from
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

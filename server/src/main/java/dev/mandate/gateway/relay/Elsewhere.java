package dev.mandate.gateway.relay;

import dev.mandate.domain.upstream.Resilience.Cause;

/// Where a call goes that its upstream did not serve. Used on the call's own event loop.
public interface Elsewhere {
  /// Nowhere.
  Elsewhere NONE =
      new Elsewhere() {
        @Override
        public boolean mayGo(Cause cause) {
          return false;
        }

        @Override
        public void go(RelayedCall from, Cause cause, Runnable none) {
          none.run();
        }
      };

  /// Before a call goes out, why the one whose place it took did not.
  ///
  /// @param upstream that was called
  /// @param started whether its request was sent there
  record From(String upstream, Cause cause, boolean started) {}

  /// Whether anybody else is to be asked in this case.
  boolean mayGo(Cause cause);

  /// @param none runs when nobody else may or can serve it
  void go(RelayedCall from, Cause cause, Runnable none);
}

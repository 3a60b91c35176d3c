package dev.mandate.gateway.mandating;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Where a call finds another key after the provider refused the one that it went out with.
public interface OtherKeys {
  /// For a call that only the account of its own key can serve.
  OtherKeys NONE = (_, _, then) -> then.accept(null);

  /// Looks at what is true now, not when the call was admitted: the other one may be gone since.
  ///
  /// @param put makes the call one that goes on with this key, for whoever looks for its calls
  /// @param then on the call's own loop; null when there is none
  void find(ProviderKey refused, Consumer<ProviderKey> put, Consumer<@Nullable ProviderKey> then);
}

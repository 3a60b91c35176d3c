package dev.mandate.gateway.relay;

import dev.mandate.gateway.mandating.ProviderKey;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Gives what an answer brought into being its owner, before the caller hears of it.
@FunctionalInterface
public interface Keeper {
  /// @param id the provider's
  /// @param key that it was made with
  /// @param then told on the caller's own context; of a failure when it has no owner
  void keep(String id, ProviderKey key, BiConsumer<@Nullable Boolean, @Nullable Throwable> then);
}

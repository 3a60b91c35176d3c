package dev.mandate.gateway.mandating;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The keys that share the calls of one owner to an upstream, each by its weight. Taking one
/// touches memory only and allocates nothing: the turns are written out beforehand.
public final class ProviderKeys {
  static final ProviderKeys NONE = new ProviderKeys(List.of(), List.of(), false);

  private final ProviderKey[] turns;
  private final boolean rejected;
  private final AtomicInteger next = new AtomicInteger();

  /// @param weights positive, in the order of the keys
  /// @param rejected whether there are others that the provider has refused
  ProviderKeys(List<ProviderKey> keys, List<Integer> weights, boolean rejected) {
    this.turns = turns(keys, weights);
    this.rejected = rejected;
  }

  /// Smooth weighted round robin: after each whole round every key has had exactly its share, and
  /// the turns of a heavy one lie apart.
  private static ProviderKey[] turns(List<ProviderKey> keys, List<Integer> weights) {
    int divisor = weights.stream().reduce(0, ProviderKeys::gcd);
    int total = divisor == 0 ? 0 : weights.stream().mapToInt(Integer::intValue).sum() / divisor;
    ProviderKey[] turns = new ProviderKey[total];
    int[] credit = new int[keys.size()];
    for (int turn = 0; turn < total; turn++) {
      int best = 0;
      for (int i = 0; i < credit.length; i++) {
        credit[i] += weights.get(i) / divisor;
        if (credit[i] > credit[best]) {
          best = i;
        }
      }
      credit[best] -= total;
      turns[turn] = keys.get(best);
    }
    return turns;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /// Whether the owner has none at all, good or bad.
  public boolean isEmpty() {
    return turns.length == 0 && !rejected;
  }

  /// Whose turn it is; null when none can be used.
  public @Nullable ProviderKey take() {
    if (turns.length == 0) {
      return null;
    }
    int first = turns.length == 1 ? 0 : Math.floorMod(next.getAndIncrement(), turns.length);
    return from(first, null);
  }

  /// Another one than this; null when there is none.
  public @Nullable ProviderKey other(ProviderKey refused) {
    return from(0, refused);
  }

  /// The one with this id; null when it takes no calls.
  public @Nullable ProviderKey of(String credential) {
    for (ProviderKey key : turns) {
      if (key.credential().equals(credential) && !key.isRefused()) {
        return key;
      }
    }
    return null;
  }

  private @Nullable ProviderKey from(int first, @Nullable ProviderKey but) {
    for (int i = 0; i < turns.length; i++) {
      ProviderKey key = turns[(first + i) % turns.length];
      boolean wanted = but == null || !key.credential().equals(but.credential());
      if (wanted && !key.isRefused()) {
        return key;
      }
    }
    return null;
  }
}

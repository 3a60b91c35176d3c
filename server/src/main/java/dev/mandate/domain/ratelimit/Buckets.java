package dev.mandate.domain.ratelimit;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/// A tenant's buckets on this node, those that were used last at the end. Its monitor guards all
/// that is in it: it is held for as long as a few additions take.
final class Buckets {
  private final IntSupplier sizeMax;
  private final boolean shared;
  private final LinkedHashMap<String, Bucket> byName = new LinkedHashMap<>(16, 0.75f, true);

  /// @param shared whether other nodes count in the same buckets
  Buckets(IntSupplier sizeMax, boolean shared) {
    this.sizeMax = sizeMax;
    this.shared = shared;
  }

  Collection<Bucket> all() {
    return byName.values();
  }

  int size() {
    return byName.size();
  }

  /// The one with this name. For a new one those go that were used longest ago, which are full
  /// again within a minute and then like a new one; none that has calls under way.
  Bucket touch(String name) {
    Bucket bucket = byName.get(name);
    if (bucket == null) {
      int max = sizeMax.getAsInt();
      Iterator<Map.Entry<String, Bucket>> eldest = byName.entrySet().iterator();
      while (byName.size() >= max && eldest.hasNext()) {
        if (eldest.next().getValue().calls.inUse() == 0) {
          eldest.remove();
        }
      }
      bucket = new Bucket(name, shared);
      byName.put(name, bucket);
    }
    return bucket;
  }
}

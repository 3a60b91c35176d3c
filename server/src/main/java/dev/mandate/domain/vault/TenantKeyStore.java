package dev.mandate.domain.vault;

import dev.mandate.domain.node.NodeId;
import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// Keeps each tenant's sealing key, wrapped by a master key; which master key wraps new ones; and
/// which nodes have which.
public interface TenantKeyStore {
  /// @param masterKey the id of the one that it is wrapped by
  record Wrapped(TenantId tenant, String masterKey, byte[] bytes) {}

  /// A key that is to be wrapped by another master key.
  record Rewrap(Wrapped from, Wrapped to) {}

  /// A node that lives, and the fingerprints of the master keys that it has, by id.
  record Holder(NodeId node, SortedMap<String, String> fingerprints) {}

  @Nullable Wrapped find(TenantId tenant);

  /// Inserts unless the tenant has one; of racing callers one wins.
  ///
  /// @return the key that is stored now; null when another master key is in use by now
  @Nullable Wrapped insertFirst(Wrapped fresh);

  /// The master key that new keys are wrapped by.
  String inUse();

  /// From now on this one is in use. Keys that were wrapped stay as they are.
  void use(String masterKey);

  /// Those that another master key wraps, by tenant.
  List<Wrapped> notUnder(String masterKey, @Nullable TenantId after, int limit);

  /// Replaces those that still are as they were found, all of them by keys under one master key.
  ///
  /// @return how many; -1, and nothing is stored, when that master key is not in use any more
  int rewrap(List<Rewrap> keys);

  /// How many keys each master key wraps, of those that wrap any.
  SortedMap<String, Long> counts();

  /// Says which master keys this node has.
  void hold(Map<String, String> fingerprints);

  /// The nodes that live now, this one among them.
  List<Holder> holders();
}

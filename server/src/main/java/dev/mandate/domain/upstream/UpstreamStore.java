package dev.mandate.domain.upstream;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps upstreams with their catalogues.
public interface UpstreamStore {
  @Nullable Upstream find(TenantId tenant, String name);

  /// All of the tenant's, by name.
  List<Upstream> all(TenantId tenant);

  /// What became of a change.
  enum Replaced {
    DONE,
    /// It is something else by now, or gone.
    CHANGED,
    /// It would send what was entered for one origin to another.
    HAS_CREDENTIALS
  }

  /// The tenant's by name, behind `after` when that is given; of one provider where that is given.
  List<Upstream> page(
      TenantId tenant, @Nullable Provider provider, @Nullable String after, int limit);

  /// Of racing callers one wins. Announces `PolicyChanged`.
  ///
  /// @return false when the tenant has the name already
  boolean insert(Upstream upstream);

  /// Changes the upstream if it still equals `expected`; its origin only while it has no
  /// credential. Announces `PolicyChanged`.
  Replaced replace(Upstream expected, Upstream replacement);

  /// Deletes the upstream, if it still equals `expected`, with its credentials. Announces
  /// `PolicyChanged`.
  ///
  /// @return false when it is something else by now, or gone
  boolean delete(Upstream expected);

  /// Inserts the upstream, or changes the one with its name. Announces `PolicyChanged`.
  void save(Upstream upstream);
}

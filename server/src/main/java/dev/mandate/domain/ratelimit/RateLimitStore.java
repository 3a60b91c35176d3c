package dev.mandate.domain.ratelimit;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps rate limits. Every change announces `PolicyChanged`.
public interface RateLimitStore {
  /// Each node has all of a tenant's in memory.
  int PER_TENANT_MAX = 5_000;

  /// How [#insert] ended.
  enum Inserted {
    DONE,
    /// There is one for the same calls.
    THERE,
    /// The tenant has [#PER_TENANT_MAX].
    FULL
  }

  List<RateLimit> all(TenantId tenant);

  /// By id.
  List<RateLimit> page(TenantId tenant, @Nullable String after, int limit);

  @Nullable RateLimit find(TenantId tenant, String id);

  Inserted insert(RateLimit limit);

  /// Sets other rates, unless they are not `expected` any more.
  ///
  /// @return false when they are not, or when there is no such limit
  boolean replace(RateLimit expected, Rates rates);

  /// @return false when there is no such limit
  boolean delete(TenantId tenant, String id);

  /// Brings what a configuration file has set to these: others that one had set go, others that
  /// came in at the admin API stay.
  void configure(TenantId tenant, List<RateLimit> limits);
}

package dev.mandate.domain.credential;

import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What happens to credentials without anybody asking for it: they are refused, tested again, used,
/// and retired when they have drained.
public interface CredentialLifeStore {
  /// How long no node has to see a call of a draining one. Longer than a node may serve without
  /// hearing that it drains, and than [#BUSY_EVERY].
  Duration DRAIN_QUIET = Duration.ofSeconds(30);

  /// How often a node says that it still has calls open with a draining one.
  Duration BUSY_EVERY = Duration.ofSeconds(5);

  /// When a rejected one is first tested again; each further time waits four times as long.
  Duration RETRY_FIRST = Duration.ofSeconds(5);

  Duration RETRY_MAX = Duration.ofHours(1);

  /// So often; then it stays rejected until somebody puts it into use.
  int RETRIES_MAX = 8;

  /// How long to wait after so many rejections; null for ever.
  static @Nullable Duration retryAfter(int rejections) {
    if (rejections > RETRIES_MAX) {
      return null;
    }
    Duration wait = RETRY_FIRST.multipliedBy(1L << (2 * (rejections - 1)));
    return wait.compareTo(RETRY_MAX) < 0 ? wait : RETRY_MAX;
  }

  /// Tenants that have credentials which drain or are rejected.
  List<TenantId> tenants();

  /// Whosever it is.
  @Nullable Stored find(TenantId tenant, String id);

  /// The provider refused it. Announces `PolicyChanged`.
  ///
  /// @param why in a word of ours
  /// @return false when it was rejected already, or took no calls anyway: nobody has to be told
  boolean reject(TenantId tenant, String id, String why, Instant now);

  /// A test found that the provider still refuses it.
  void stillRejected(TenantId tenant, String id, Instant now);

  /// A test found it good, after the provider refused it. Announces `PolicyChanged`.
  ///
  /// @return false when it is not rejected any more
  boolean recover(TenantId tenant, String id, Instant now);

  /// Rejected ones whose next test is due, each given to one caller alone: to others a minute
  /// later.
  List<Stored> takeRetries(TenantId tenant, Instant now, int limit);

  /// A node has calls open with these draining ones.
  void busy(TenantId tenant, Collection<String> ids, Instant now);

  /// Retires draining ones that are quiet or past their end, whose open calls are cut. Announces
  /// `CredentialRevoked` for each.
  ///
  /// @return which
  List<Stored> retire(TenantId tenant, Instant now);

  /// When they were last used.
  void used(TenantId tenant, Map<String, Instant> lastUsed);

  /// Those of the tenant and of its users that take calls and were made before `before`.
  List<Stored> takingCallsSince(TenantId tenant, Instant before);
}

package dev.mandate.domain.mandate;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps mandates.
public interface MandateStore {
  @Nullable Mandate find(TenantId tenant, MandateId id);

  void insert(Mandate mandate);

  /// The user's, newest first.
  List<Mandate> ofUser(TenantId tenant, UserId user, int limit);

  /// Which mandates are meant; null where it doesn't matter.
  record Filter(@Nullable ClientId client, @Nullable UserId user, Mandate.@Nullable Status status) {
    public static final Filter ALL = new Filter(null, null, null);
  }

  /// A place in the order of age.
  record Position(Instant createdAt, MandateId id) {}

  /// The tenant's, newest first, older than `before` when that is given.
  ///
  /// @param now decides who has expired
  List<Mandate> page(
      TenantId tenant, Filter filter, @Nullable Position before, int limit, Instant now);

  /// How many of the user's are neither revoked nor expired.
  int countLive(TenantId tenant, UserId user, Instant now);

  /// The mandate that the tenant itself gave this client for `client_credentials`; null when there
  /// is none that is neither revoked nor expired.
  @Nullable Mandate standing(TenantId tenant, ClientId client, Instant now);

  /// The latest mandate that the tenant itself gave this client, whatever became of it.
  @Nullable Mandate latestStanding(TenantId tenant, ClientId client);

  /// Revokes the mandate and its descendants, with their refresh tokens and API keys, in one
  /// transaction. Announces `MandateRevoked` for each. Revoking again changes nothing.
  ///
  /// @return false when there is no such mandate
  boolean revoke(TenantId tenant, MandateId id, Instant now);
}

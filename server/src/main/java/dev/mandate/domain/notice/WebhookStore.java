package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps webhooks and their sealed secrets.
public interface WebhookStore {
  /// Of one tenant: each notice goes to all of them.
  int PER_TENANT_MAX = 20;

  /// What a webhook's messages are signed with.
  ///
  /// @param sealedPrevious null when there is none, or when its time is over
  record Secrets(byte[] sealedSecret, byte @Nullable [] sealedPrevious) {
    @Override
    public String toString() {
      return "[sealed]";
    }
  }

  /// @return false when the tenant has [#PER_TENANT_MAX] already
  boolean insert(Webhook webhook, byte[] sealedSecret);

  /// By id.
  List<Webhook> page(TenantId tenant, @Nullable String after, int limit);

  @Nullable Webhook find(TenantId tenant, String id);

  @Nullable Secrets secrets(TenantId tenant, String id, Instant now);

  /// Stores `replacement` if what is stored still equals `expected`, in one transaction. Enabling
  /// forgets failures.
  boolean replace(Webhook expected, Webhook replacement);

  /// What was the secret signs too, until `previousUntil`.
  ///
  /// @return false when there is no such webhook
  boolean rotate(TenantId tenant, String id, byte[] sealedSecret, Instant previousUntil);

  /// A message was taken: failures before it don't count any more.
  void delivered(TenantId tenant, String id);

  /// A message was not taken.
  ///
  /// @param failuresMax in a row, at which it is disabled
  /// @param why it would be disabled
  /// @return whether this disabled it
  boolean failed(TenantId tenant, String id, int failuresMax, String why);

  /// Removes what still equals `expected`.
  boolean delete(Webhook expected);
}

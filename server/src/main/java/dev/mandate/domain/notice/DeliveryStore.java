package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The outbox: at least once, by one node at a time.
public interface DeliveryStore {
  /// Which deliveries a list names; a null part lets all pass.
  record Filter(Delivery.@Nullable State state, @Nullable String notice) {}

  /// Tenants that are served and have something to send.
  List<TenantId> due(Instant now);

  /// Takes the delivery that is due the longest. Nobody else gets it before `until`; whoever died
  /// with it has lost it then.
  ///
  /// @return with this attempt counted; null when nothing is due
  @Nullable Delivery claim(TenantId tenant, Instant now, Instant until);

  /// It was taken. Changes nothing when somebody else has claimed it since.
  void delivered(Delivery claimed, Instant now);

  /// It was not taken.
  ///
  /// @param nextAt null for never again
  void failed(Delivery claimed, String problem, @Nullable Instant nextAt, Instant now);

  /// Newest first.
  List<Delivery> page(
      TenantId tenant, Filter filter, NoticeStore.@Nullable Place before, int limit);

  @Nullable Delivery find(TenantId tenant, String id);

  /// A dead one is tried anew, from its first attempt on.
  ///
  /// @return false when it is not dead
  boolean revive(TenantId tenant, String id, Instant now);
}

package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps notices, and puts what must be sent of one into the outbox in the same transaction.
public interface NoticeStore {
  /// A notice, and who has seen to it.
  ///
  /// @param acknowledgedBy id of a user or an API key; null while nobody has
  record Kept(Notice notice, @Nullable Instant acknowledgedAt, @Nullable String acknowledgedBy) {}

  /// Which notices a list names; a null part lets all pass.
  record Filter(
      Notice.@Nullable Kind kind,
      @Nullable String subject,
      @Nullable UserId person,
      @Nullable Boolean acknowledged) {
    public static final Filter ALL = new Filter(null, null, null, null);
  }

  /// A place in the list.
  record Place(Instant at, String id) {}

  /// Stores the notice and its deliveries: one to each webhook that wants its kind, one to each
  /// alert address of the tenant, and one to the person's own address, where there is one. Of
  /// racing callers with the same `once` one wins.
  ///
  /// @param mails whether this server sends mail
  /// @return false when the same was told before
  boolean insertFirst(Notice notice, boolean mails);

  /// Newest first.
  ///
  /// @param before the last of the page before; null for the first page
  List<Kept> page(TenantId tenant, Filter filter, @Nullable Place before, int limit);

  @Nullable Kept find(TenantId tenant, String id);

  /// The one of this kind that was told of this; see [Notice#once].
  @Nullable Kept told(TenantId tenant, Notice.Kind kind, String once);

  /// Acknowledging again changes nothing.
  ///
  /// @return false when there is no such notice
  boolean acknowledge(TenantId tenant, String id, String by, Instant now);
}

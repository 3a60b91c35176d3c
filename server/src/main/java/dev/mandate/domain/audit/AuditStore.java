package dev.mandate.domain.audit;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps audit events, each row chained to the one before by a hash, per tenant.
public interface AuditStore {
  /// Appends, in order; returns after the commit.
  void append(List<AuditEvent> events);

  /// Appends soon and returns at once: for the gateway's calls. What is queued at a process kill is
  /// lost; the usage ledger, which is not, still shows the call.
  void appendLater(AuditEvent event);

  /// Newest first.
  List<AuditEvent> latest(TenantId tenant, int limit);

  /// Events that one reading of a page looks at, whatever its filter lets pass.
  int SCANNED_MAX = 10_000;

  /// Which events a list names; a null part lets all pass.
  ///
  /// @param since the first instant
  /// @param until the first instant that is too late
  record Filter(
      @Nullable String type,
      @Nullable String actor,
      @Nullable String mandate,
      @Nullable Instant since,
      @Nullable Instant until) {
    public static final Filter ALL = new Filter(null, null, null, null, null);
  }

  /// An event with its place in the tenant's chain, from 1.
  record Numbered(long seq, AuditEvent event) {}

  /// @param next where the next page begins; null when there is none. A page may be short of
  ///   events, or empty, and still have a next one: see [#SCANNED_MAX].
  record Page(List<Numbered> events, @Nullable Long next) {
    public Page {
      events = List.copyOf(events);
    }
  }

  /// Newest first.
  ///
  /// @param from the number of the first event that is looked at; null for the newest
  Page newest(TenantId tenant, Filter filter, @Nullable Long from, int limit);

  /// Oldest first.
  ///
  /// @param from the number of the first event that is looked at
  Page oldest(TenantId tenant, Filter filter, long from, int limit);

  /// Recomputes the chain.
  ///
  /// @return the number of the first row that doesn't fit, or 0 when all do
  long firstBroken(TenantId tenant);
}

package dev.mandate.domain.audit;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;

/// Keeps audit events, each row chained to the one before by a hash, per tenant.
public interface AuditStore {
  /// Appends, in order; returns after the commit.
  void append(List<AuditEvent> events);

  /// Appends soon and returns at once: for the gateway's calls. What is queued at a process kill is
  /// lost; the usage ledger, which is not, still shows the call.
  void appendLater(AuditEvent event);

  /// Newest first.
  List<AuditEvent> latest(TenantId tenant, int limit);

  /// Recomputes the chain.
  ///
  /// @return the number of the first row that doesn't fit, or 0 when all do
  long firstBroken(TenantId tenant);
}

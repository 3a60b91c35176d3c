package dev.mandate.domain.promptlog;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps sealed texts until they expire; `storage/Housekeeping` deletes them then.
public interface PromptLogStore {
  /// One call's texts.
  ///
  /// @param call its id
  /// @param sealed by the tenant's key, for [#row]
  record Kept(
      TenantId tenant,
      String call,
      MandateId mandate,
      String upstream,
      String model,
      Instant at,
      Instant expiresAt,
      byte[] sealed) {
    /// What the sealed bytes are bound to.
    public String row() {
      return row(call);
    }

    static String row(String call) {
      return "prompt_log/" + call;
    }
  }

  /// What the tenant wants; [PromptLogPolicy#OFF] unless it said otherwise.
  PromptLogPolicy policy(TenantId tenant);

  /// Changes it where it is as expected. Nodes hear of it as a change of policy.
  boolean replace(TenantId tenant, PromptLogPolicy expected, PromptLogPolicy replacement);

  /// Keeps it, if the tenant still wants that in the same transaction.
  ///
  /// @return whether it was kept
  boolean keep(Kept kept);

  /// Newest first, those that have not expired.
  ///
  /// @param before the last one of the page before; null for the first page
  List<Kept> page(
      TenantId tenant,
      @Nullable MandateId mandate,
      Instant now,
      @Nullable Instant beforeAt,
      @Nullable String beforeCall,
      int limit);

  /// Null when there is none, or it has expired.
  @Nullable Kept find(TenantId tenant, String call, Instant now);
}

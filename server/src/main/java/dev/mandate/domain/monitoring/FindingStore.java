package dev.mandate.domain.monitoring;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Keeps what was found, and what each tenant wants done about it.
public interface FindingStore {
  /// Stores the finding, and holds its caller back, if `admits` says so of the times of those of
  /// its kind and caller since then; of racing nodes one does. Announces `CallerRestrained`.
  ///
  /// @param restraint null for a caller that may go on
  boolean raise(
      Finding finding,
      @Nullable Restraint restraint,
      Instant since,
      Predicate<List<Instant>> admits);

  /// Of all tenants, oldest first: those since then of which somebody should have heard, and nobody
  /// has.
  List<Finding> untold(Instant since, int limit);

  /// Which findings a list names; a null part lets all pass.
  ///
  /// @param caller as [CallerId#text]
  record Filter(@Nullable String caller, Finding.@Nullable Kind kind) {}

  /// A place in the list.
  record Place(Instant at, String id) {}

  /// Newest first.
  List<Finding> findings(TenantId tenant, Filter filter, @Nullable Place before, int limit);

  @Nullable Finding finding(TenantId tenant, String id);

  /// What the tenant decided; a kind that it didn't decide about is not there.
  Map<Finding.Kind, Finding.Response> responses(TenantId tenant);

  /// Stores the decision if the one before was `expected`.
  ///
  /// @param response null for the built-in one
  boolean respond(
      TenantId tenant,
      Finding.Kind kind,
      Finding.@Nullable Response expected,
      Finding.@Nullable Response response);
}

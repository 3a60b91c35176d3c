package dev.mandate.platform.http;

import java.util.concurrent.CompletableFuture;

/// Says at which paths a tenant lives. Asked on the event loop for each request below `/t/`, so the
/// answer must come from memory, or later.
@FunctionalInterface
public interface Tenancy {
  /// Nobody lives below `/t/`.
  Tenancy NONE = _ -> CompletableFuture.completedFuture(false);

  /// @param slug spelled as [TenantPath] allows
  /// @return fails when nobody can say at the moment
  CompletableFuture<Boolean> serves(String slug);
}

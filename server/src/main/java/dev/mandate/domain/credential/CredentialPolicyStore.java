package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;

/// Keeps what tenants decide about the credentials of their upstreams.
public interface CredentialPolicyStore {
  /// What holds at an upstream; the standard where nobody said anything.
  CredentialPolicy policy(TenantId tenant, String upstream);

  /// Changes what holds, if it is still `expected`. Announces `PolicyChanged`.
  ///
  /// @return false when it is something else by now, or the upstream is not there, or at another
  ///   origin than the admin secret was entered for
  boolean replace(String origin, CredentialPolicy expected, CredentialPolicy replacement);

  /// Tenants that have credentials replaced by themselves.
  List<TenantId> scheduling();

  /// Those of the tenant that say something.
  List<CredentialPolicy> policies(TenantId tenant);
}

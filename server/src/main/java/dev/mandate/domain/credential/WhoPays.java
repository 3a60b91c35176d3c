package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import org.jspecify.annotations.Nullable;

/// Says whose key pays for a mandate today, for the person who gives it.
public final class WhoPays {
  /// Whose.
  public enum Payer {
    TENANT,
    /// The person's own.
    OWN,
    /// The person has to bring one first.
    NOBODY
  }

  private final CredentialPolicyStore policies;
  private final CredentialStore credentials;

  public WhoPays(CredentialPolicyStore policies, CredentialStore credentials) {
    this.policies = policies;
    this.credentials = credentials;
  }

  /// @param person whose mandate it is; null where the tenant itself gave it
  public Payer at(TenantId tenant, String upstream, @Nullable UserId person) {
    OwnCredentials own = policies.policy(tenant, upstream).ownCredentials();
    if (person == null || own == OwnCredentials.OFF) {
      return Payer.TENANT;
    }
    // One that is refused is there all the same: the tenant's does not take its place.
    boolean has =
        credentials.live(tenant, upstream, person).stream()
            .anyMatch(one -> one.takesCalls() || one.state() == CredentialState.REJECTED);
    if (has) {
      return Payer.OWN;
    }
    return own == OwnCredentials.REQUIRED ? Payer.NOBODY : Payer.TENANT;
  }
}

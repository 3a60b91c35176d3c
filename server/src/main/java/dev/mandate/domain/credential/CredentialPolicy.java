package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Whose keys pay at an upstream, and how the tenant's own is replaced.
///
/// @param rotateDays after how many days a version of the tenant's is replaced by itself; null when
///   people do it
/// @param project of the provider's account in which keys are made; null where none are
/// @param sealedAdminSecret the provider's admin key that makes them, as [#row] seals it
/// @param adminHint its end, for people
public record CredentialPolicy(
    TenantId tenant,
    String upstream,
    OwnCredentials ownCredentials,
    @Nullable Integer rotateDays,
    @Nullable String project,
    byte @Nullable [] sealedAdminSecret,
    String adminHint) {

  /// What holds where nobody said anything.
  public static CredentialPolicy standard(TenantId tenant, String upstream) {
    return new CredentialPolicy(tenant, upstream, OwnCredentials.OFF, null, null, null, "");
  }

  /// Whether both say the same.
  public boolean isSame(CredentialPolicy other) {
    return tenant.equals(other.tenant)
        && upstream.equals(other.upstream)
        && ownCredentials == other.ownCredentials
        && Objects.equals(rotateDays, other.rotateDays)
        && Objects.equals(project, other.project)
        && Arrays.equals(sealedAdminSecret, other.sealedAdminSecret);
  }

  /// Whether keys can be made at the provider.
  public boolean makesKeys() {
    return project != null && sealedAdminSecret != null;
  }

  /// The row's identity, for the vault.
  public String row() {
    return "credential_policy/" + upstream;
  }
}

package dev.mandate.domain.user;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps the tenant's own roles, and answers for the built-in ones too.
public interface RoleStore {
  /// Own roles of one tenant.
  int OWN_MAX = 100;

  /// Whether a change may go on from what is stored; asked inside the transaction.
  @FunctionalInterface
  interface Expected {
    /// @param role null when there is none of this name
    boolean is(@Nullable Role role, List<LlmTerms> entitlements);
  }

  /// How [#save] and [#remove] ended.
  enum Outcome {
    DONE,
    /// What is stored is not what was expected.
    UNEXPECTED,
    /// The tenant has [#OWN_MAX] roles of its own.
    FULL,
    /// A user has the role.
    IN_USE
  }

  /// Null when the tenant has no role of this name.
  @Nullable Role find(TenantId tenant, String name);

  /// The built-in roles, then the tenant's own by name.
  List<Role> all(TenantId tenant);

  /// Stores what the role may do and give away; of a built-in role only the latter. Announces
  /// `PolicyChanged`.
  Outcome save(TenantId tenant, Role role, List<LlmTerms> entitlements, Expected expected);

  /// Removes one of the tenant's own roles that no user has.
  Outcome remove(TenantId tenant, String name, Expected expected);
}

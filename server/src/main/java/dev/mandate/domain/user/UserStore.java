package dev.mandate.domain.user;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps users, and what each role may give away.
public interface UserStore {
  @Nullable User find(TenantId tenant, UserId id);

  /// @param username in any spelling that [User#folded] makes the same
  @Nullable User findByUsername(TenantId tenant, String username);

  List<User> all(TenantId tenant);

  /// @return false when the tenant has the user name already
  boolean insert(User user);

  /// Announces `UserChanged`.
  ///
  /// @return false when there is no such user
  boolean setDisabled(TenantId tenant, UserId id, boolean disabled);

  /// Announces `UserChanged`.
  ///
  /// @return false when there is no such user
  boolean setRole(TenantId tenant, UserId id, Role role);

  /// What a user of this role may give away at most, at most one entry an upstream. An upstream
  /// without an entry can't be given away.
  List<LlmTerms> entitlements(TenantId tenant, Role role);

  /// Replaces what the role may give away. Announces `PolicyChanged`.
  void saveEntitlements(TenantId tenant, Role role, List<LlmTerms> entitlements);
}

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

  /// Which users a list names; a null part lets all pass.
  ///
  /// @param role its name
  /// @param usernamePrefix in any spelling that [User#folded] makes the same
  record Filter(
      @Nullable String role, @Nullable Boolean disabled, @Nullable String usernamePrefix) {
    public static final Filter ALL = new Filter(null, null, null);
  }

  /// By user name.
  ///
  /// @param after the last user name of the page before; null for the first page
  List<User> page(TenantId tenant, Filter filter, @Nullable String after, int limit);

  /// @return false when the tenant has the user name already
  boolean insert(User user);

  /// What a change makes of a user; asked inside the transaction, so it must be quick, and what it
  /// decides from is what is stored.
  @FunctionalInterface
  interface Edit {
    /// @return null to leave the user as it is
    @Nullable User of(User now);
  }

  /// How [#edit] ended.
  sealed interface Edited {
    record Done(User user) implements Edited {}

    /// The edit gave null; nothing changed.
    record Declined() implements Edited {}

    /// It would have left the tenant without an owner who is not disabled; nothing changed.
    record LastOwner() implements Edited {}

    record Unknown() implements Edited {}
  }

  /// Changes a user's display name, role, password or whether it is disabled. A new password and
  /// disabling end all sessions of the user. Announces `UserChanged`.
  Edited edit(TenantId tenant, UserId id, Edit edit);

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

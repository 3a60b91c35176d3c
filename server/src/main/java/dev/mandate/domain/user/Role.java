package dev.mandate.domain.user;

import dev.mandate.domain.access.AdminScope;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a person is in a tenant: one of the built-in roles, or one of the tenant's own
/// ([RoleStore]). What a role may give away is in [UserStore#entitlements].
///
/// @param adminScopes what a person of this role may do at the admin API, and so let a client do
public record Role(String name, SortedSet<String> adminScopes) {
  /// Everything.
  public static final Role OWNER = builtIn("owner", _ -> true);

  /// Everything but change the tenant and the vault.
  public static final Role ADMIN =
      builtIn(
          "admin", scope -> scope != AdminScope.TENANTS_WRITE && scope != AdminScope.VAULT_WRITE);

  /// Looks at mandates, to decide about them.
  public static final Role APPROVER =
      builtIn("approver", scope -> scope == AdminScope.MANDATES_READ);

  /// Looks at everything.
  public static final Role AUDITOR = builtIn("auditor", AdminScope::isRead);

  public static final Role MEMBER = builtIn("member", _ -> false);

  private static final List<Role> BUILT_IN = List.of(OWNER, ADMIN, APPROVER, AUDITOR, MEMBER);

  /// How a role's name is spelled.
  public static final String NAME_PATTERN = "[a-z][a-z0-9_-]{0,62}";

  private static final Pattern NAME = Pattern.compile(NAME_PATTERN);

  public Role {
    adminScopes = Collections.unmodifiableSortedSet(new TreeSet<>(adminScopes));
  }

  private static Role builtIn(String name, Predicate<AdminScope> may) {
    SortedSet<String> names = new TreeSet<>();
    for (AdminScope scope : AdminScope.values()) {
      if (may.test(scope)) {
        names.add(scope.wire());
      }
    }
    return new Role(name, names);
  }

  /// The built-in roles, the most powerful first.
  public static List<Role> builtIn() {
    return BUILT_IN;
  }

  /// Null when no built-in role has this name.
  public static @Nullable Role builtIn(String name) {
    return BUILT_IN.stream().filter(role -> role.name.equals(name)).findFirst().orElse(null);
  }

  /// Null when it is spelled like no role.
  public static @Nullable String nameOrNull(String candidate) {
    return NAME.matcher(candidate).matches() ? candidate : null;
  }

  public boolean isBuiltIn() {
    return builtIn(name) != null;
  }

  /// Whether who holds these scopes holds all of this role's: only then may they give the role,
  /// take it away, or act on a person who has it. Otherwise an admin could make themself an owner,
  /// or become one by setting an owner's password.
  public boolean isWithin(Set<String> scopes) {
    return scopes.containsAll(adminScopes);
  }
}

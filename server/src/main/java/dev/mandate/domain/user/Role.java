package dev.mandate.domain.user;

import dev.mandate.domain.access.AdminScope;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/// The built-in roles of a tenant.
public enum Role {
  OWNER,
  ADMIN,
  APPROVER,
  AUDITOR,
  MEMBER;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Role ofWire(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }

  /// What a person of this role may do at the admin API, and so let a client do: an owner
  /// everything, an admin everything but change the tenant, an auditor and an approver look.
  public SortedSet<String> adminScopes() {
    SortedSet<String> names = new TreeSet<>();
    for (AdminScope scope : AdminScope.values()) {
      boolean may =
          switch (this) {
            case OWNER -> true;
            case ADMIN -> scope != AdminScope.TENANTS_WRITE;
            case AUDITOR -> scope.isRead();
            case APPROVER -> scope == AdminScope.MANDATES_READ;
            case MEMBER -> false;
          };
      if (may) {
        names.add(scope.wire());
      }
    }
    return names;
  }
}

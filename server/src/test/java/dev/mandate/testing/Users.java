package dev.mandate.testing;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.Secret;

/// Users, enabled, with `user_{name}` as id.
public final class Users {
  /// Stands for a hash; matches no password.
  public static final Secret NO_PASSWORD =
      Secret.of(
          "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA"
              + "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

  private Users() {}

  public static User member(TenantId tenant, String name) {
    return user(tenant, name, Role.MEMBER, NO_PASSWORD);
  }

  public static User admin(TenantId tenant, String name) {
    return user(tenant, name, Role.ADMIN, NO_PASSWORD);
  }

  public static User user(TenantId tenant, String name, Role role, Secret passwordHash) {
    return new User(
        tenant,
        new UserId("user_" + name),
        name,
        name.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + name.substring(1),
        role,
        passwordHash,
        false,
        TestClock.START);
  }
}

package dev.mandate.domain.user;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.mail.MailAddress;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A person in a tenant.
///
/// @param username unique in the tenant without regard to case
/// @param passwordHash in the PHC string format
/// @param email where they are told what concerns them; null when nobody said
public record User(
    TenantId tenant,
    UserId id,
    String username,
    String displayName,
    Role role,
    Secret passwordHash,
    boolean disabled,
    Instant createdAt,
    @Nullable MailAddress email) {

  /// One without a mail address.
  public User(
      TenantId tenant,
      UserId id,
      String username,
      String displayName,
      Role role,
      Secret passwordHash,
      boolean disabled,
      Instant createdAt) {
    this(tenant, id, username, displayName, role, passwordHash, disabled, createdAt, null);
  }

  /// One spelling for all spellings of a user name that name the same person: without the spaces
  /// around it, which keyboards of phones add, and without regard to case. Upper case first: some
  /// letters have two lower-case forms. Whoever counts attempts by user name must count by this, or
  /// each spelling is an account of its own.
  public static String folded(String username) {
    return username.strip().toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }

  public User withDisplayName(String to) {
    return new User(tenant, id, username, to, role, passwordHash, disabled, createdAt, email);
  }

  public User withRole(Role to) {
    return new User(
        tenant, id, username, displayName, to, passwordHash, disabled, createdAt, email);
  }

  public User withPasswordHash(Secret to) {
    return new User(tenant, id, username, displayName, role, to, disabled, createdAt, email);
  }

  public User withDisabled(boolean to) {
    return new User(tenant, id, username, displayName, role, passwordHash, to, createdAt, email);
  }

  public User withEmail(@Nullable MailAddress to) {
    return new User(tenant, id, username, displayName, role, passwordHash, disabled, createdAt, to);
  }
}

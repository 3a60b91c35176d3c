package dev.mandate.admin;

import dev.mandate.admin.operation.Call;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.util.List;
import java.util.Map;

/// What a tenant begins with, given by the tenant that runs the server: its first owner, a key of
/// its admin API. Whatever comes in from outside is written down in the tenant's own audit log.
public final class TenantStart {
  private final UserStore users;
  private final ApiKeys keys;
  private final AuditStore audit;
  private final PasswordHasher passwords;
  private final TokenSource tokens;

  /// An owner with the password that was generated.
  record Owner(UserId user, Secret password) {}

  public TenantStart(
      UserStore users,
      ApiKeys keys,
      AuditStore audit,
      PasswordHasher passwords,
      TokenSource tokens) {
    this.users = users;
    this.keys = keys;
    this.audit = audit;
    this.passwords = passwords;
    this.tokens = tokens;
  }

  /// The first user of a tenant that was made just now.
  Owner owner(Call call, TenantId tenant, String username, String displayName) {
    Secret password = tokens.token();
    UserId id = new UserId(tokens.id("usr"));
    boolean inserted =
        users.insert(
            new User(
                tenant,
                id,
                username,
                displayName,
                Role.OWNER,
                passwords.hash(password),
                false,
                call.now()));
    if (!inserted) {
      throw new IllegalStateException("the new tenant " + tenant + " has a user already");
    }
    written(call, tenant, "user.created", id.value());
    return new Owner(id, password);
  }

  /// A key of the tenant's own with every scope, for as long as a key may last that this caller
  /// makes.
  Secret key(Call call, TenantId tenant) {
    ApiKeys.Shown made =
        keys.make(
            new ApiKeys.Wish(
                tenant,
                "made by " + call.tenant() + "'s administration",
                null,
                null,
                AdminScope.names(),
                KeyBounds.NONE,
                // Another tenant's key, which no row here can name.
                null),
            keys.latestEnd(tenant, null, call.caller().keyEnd(), null, call.now()),
            call.now());
    written(call, tenant, "api_key.created", made.key().id().value());
    return made.secret();
  }

  private void written(Call call, TenantId tenant, String type, String subject) {
    audit.append(
        List.of(
            new AuditEvent(
                tenant,
                call.now(),
                type,
                call.caller().actor(),
                null,
                "ok",
                call.requestId(),
                Map.of(
                    "by", "admin_api", "subject", subject, "from_tenant", call.tenant().value()))));
  }
}

package dev.mandate.storage;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.mail.MailAddress;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcUserStore implements UserStore {
  private static final String SELECT =
      """
      SELECT tenant_id, user_id, username, display_name, role, password_hash, disabled, created_at,
        email,
        (SELECT admin_scopes FROM roles
          WHERE roles.tenant_id = users.tenant_id AND roles.role = users.role) AS admin_scopes
      FROM users WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND user_id = :user";
  private static final String FIND_BY_USERNAME = SELECT + " AND username_folded = :username_folded";
  private static final String ALL = SELECT + " ORDER BY username_folded";

  // An empty text and -1 stand for a part of the filter that lets all pass.
  private static final String PAGE =
      SELECT
          + """
           AND (:role = '' OR role = :role) AND (:disabled = -1 OR disabled = :disabled)
            AND SUBSTR(username_folded, 1, :prefix_length) = :prefix
            AND (:after = '' OR username_folded > :after)
          ORDER BY username_folded LIMIT :limit
          """;

  private static final String OWNERS =
      """
      SELECT user_id FROM users
      WHERE tenant_id = :tenant AND role = :owner AND disabled = 0 AND user_id <> :user LIMIT 1
      """;

  private static final String EDIT =
      """
      UPDATE users SET display_name = :display_name, role = :role, password_hash = :password_hash,
        disabled = :disabled, email = :email
      WHERE tenant_id = :tenant AND user_id = :user
      """;

  private static final String INSERT =
      """
      INSERT INTO users (tenant_id, user_id, username, username_folded, display_name, role,
        password_hash, disabled, created_at, email)
      VALUES (:tenant, :user, :username, :username_folded, :display_name, :role,
        :password_hash, :disabled, :created_at, :email)
      ON CONFLICT (tenant_id, username_folded) DO NOTHING
      """;

  private static final String SET_DISABLED =
      "UPDATE users SET disabled = :disabled WHERE tenant_id = :tenant AND user_id = :user";

  private static final String SET_ROLE =
      "UPDATE users SET role = :role WHERE tenant_id = :tenant AND user_id = :user";

  private static final String SIGN_OUT =
      "DELETE FROM sessions WHERE tenant_id = :tenant AND user_id = :user";

  private final Database database;
  private final Announcements announcements;

  JdbcUserStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable User find(TenantId tenant, UserId id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("user", id.value())
                    .map(JdbcUserStore::user)
                    .findOne())
        .orElse(null);
  }

  @Override
  public @Nullable User findByUsername(TenantId tenant, String username) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND_BY_USERNAME)
                    .bind("tenant", tenant.value())
                    .bind("username_folded", User.folded(username))
                    .map(JdbcUserStore::user)
                    .findOne())
        .orElse(null);
  }

  @Override
  public List<User> all(TenantId tenant) {
    return database.read(
        handle ->
            handle.createQuery(ALL).bind("tenant", tenant.value()).map(JdbcUserStore::user).list());
  }

  @Override
  public List<User> page(TenantId tenant, Filter filter, @Nullable String after, int limit) {
    String prefix = filter.usernamePrefix() == null ? "" : User.folded(filter.usernamePrefix());
    Boolean disabled = filter.disabled();
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("role", filter.role() == null ? "" : filter.role())
                .bind("disabled", disabled == null ? -1L : Columns.flag(disabled))
                .bind("prefix", prefix)
                .bind("prefix_length", prefix.codePointCount(0, prefix.length()))
                .bind("after", after == null ? "" : User.folded(after))
                .bind("limit", limit)
                .map(JdbcUserStore::user)
                .list());
  }

  @Override
  public Edited edit(TenantId tenant, UserId id, Edit edit) {
    return announcements.write(
        (handle, announce) -> {
          // First of all locks: two owners who demote each other wait here, and the second sees.
          TenantLock.take(handle, database, tenant);
          User now =
              handle
                  .createQuery(FIND)
                  .bind("tenant", tenant.value())
                  .bind("user", id.value())
                  .map(JdbcUserStore::user)
                  .findOne()
                  .orElse(null);
          if (now == null) {
            return new Edited.Unknown();
          }
          User next = edit.of(now);
          if (next == null) {
            return new Edited.Declined();
          }
          if (owns(now) && !owns(next) && !hasOtherOwner(handle, now)) {
            return new Edited.LastOwner();
          }
          store(handle, now, next);
          if (next.disabled()) {
            CredentialRows.deleteOfUser(handle, announce, tenant, id);
          }
          announce.accept(new Change.UserChanged(tenant, id));
          return new Edited.Done(next);
        });
  }

  private static boolean owns(User user) {
    return user.role().equals(Role.OWNER) && !user.disabled();
  }

  private static boolean hasOtherOwner(Handle handle, User user) {
    return handle
        .createQuery(OWNERS)
        .bind("tenant", user.tenant().value())
        .bind("owner", Role.OWNER.name())
        .bind("user", user.id().value())
        .map((row, _) -> Columns.text(row, "user_id"))
        .findOne()
        .isPresent();
  }

  private static void store(Handle handle, User now, User next) {
    JdbcRoleStore.requireRole(handle, next);
    handle
        .createUpdate(EDIT)
        .bind("tenant", now.tenant().value())
        .bind("user", now.id().value())
        .bind("display_name", next.displayName())
        .bind("role", next.role().name())
        .bind("password_hash", next.passwordHash().reveal())
        .bind("disabled", Columns.flag(next.disabled()))
        .bind("email", email(next))
        .execute();
    if (next.disabled() || !next.passwordHash().equals(now.passwordHash())) {
      handle
          .createUpdate(SIGN_OUT)
          .bind("tenant", now.tenant().value())
          .bind("user", now.id().value())
          .execute();
    }
  }

  @Override
  public boolean insert(User user) {
    return database.write(
            handle -> {
              if (!user.role().isBuiltIn()) {
                TenantLock.take(handle, database, user.tenant());
                JdbcRoleStore.requireRole(handle, user);
              }
              return handle
                  .createUpdate(INSERT)
                  .bind("tenant", user.tenant().value())
                  .bind("user", user.id().value())
                  .bind("username", user.username())
                  .bind("username_folded", User.folded(user.username()))
                  .bind("display_name", user.displayName())
                  .bind("role", user.role().name())
                  .bind("password_hash", user.passwordHash().reveal())
                  .bind("disabled", Columns.flag(user.disabled()))
                  .bind("created_at", user.createdAt().toEpochMilli())
                  .bind("email", email(user))
                  .execute();
            })
        == 1;
  }

  @Override
  public boolean setDisabled(TenantId tenant, UserId id, boolean disabled) {
    return announcements.write(
        (handle, announce) -> {
          int changed =
              handle
                  .createUpdate(SET_DISABLED)
                  .bind("tenant", tenant.value())
                  .bind("user", id.value())
                  .bind("disabled", Columns.flag(disabled))
                  .execute();
          if (changed == 1 && disabled) {
            // Enabling the user again must not bring old sessions back.
            handle
                .createUpdate(SIGN_OUT)
                .bind("tenant", tenant.value())
                .bind("user", id.value())
                .execute();
            CredentialRows.deleteOfUser(handle, announce, tenant, id);
          }
          if (changed == 1) {
            announce.accept(new Change.UserChanged(tenant, id));
          }
          return changed == 1;
        });
  }

  @Override
  public boolean setRole(TenantId tenant, UserId id, Role role) {
    return announcements.write(
        (handle, announce) -> {
          int changed =
              handle
                  .createUpdate(SET_ROLE)
                  .bind("tenant", tenant.value())
                  .bind("user", id.value())
                  .bind("role", role.name())
                  .execute();
          if (changed == 1) {
            announce.accept(new Change.UserChanged(tenant, id));
          }
          return changed == 1;
        });
  }

  @Override
  public List<LlmTerms> entitlements(TenantId tenant, Role role) {
    return database.read(handle -> JdbcRoleStore.entitlements(handle, tenant, role.name()));
  }

  @Override
  public void saveEntitlements(TenantId tenant, Role role, List<LlmTerms> entitlements) {
    announcements.write(
        (handle, announce) -> {
          announce.accept(new Change.PolicyChanged(tenant));
          return JdbcRoleStore.saveEntitlements(handle, tenant, role.name(), entitlements);
        });
  }

  private static @Nullable String email(User user) {
    return user.email() == null ? null : user.email().value();
  }

  private static User user(ResultSet row, StatementContext context) throws SQLException {
    String role = Columns.text(row, "role");
    String email = Columns.textOrNull(row, "email");
    return new User(
        new TenantId(Columns.text(row, "tenant_id")),
        new UserId(Columns.text(row, "user_id")),
        Columns.text(row, "username"),
        Columns.text(row, "display_name"),
        JdbcRoleStore.role(role, row),
        Secret.of(Columns.text(row, "password_hash")),
        Columns.flag(row, "disabled"),
        Columns.instant(row, "created_at"),
        email == null ? null : new MailAddress(email));
  }
}

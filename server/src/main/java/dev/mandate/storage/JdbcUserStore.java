package dev.mandate.storage;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.crypto.Secret;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcUserStore implements UserStore {
  private static final String SELECT =
      """
      SELECT tenant_id, user_id, username, display_name, role, password_hash, disabled, created_at
      FROM users WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND user_id = :user";
  private static final String FIND_BY_USERNAME = SELECT + " AND username_folded = :username_folded";
  private static final String ALL = SELECT + " ORDER BY username_folded";

  private static final String INSERT =
      """
      INSERT INTO users (tenant_id, user_id, username, username_folded, display_name, role,
        password_hash, disabled, created_at)
      VALUES (:tenant, :user, :username, :username_folded, :display_name, :role,
        :password_hash, :disabled, :created_at)
      ON CONFLICT (tenant_id, username_folded) DO NOTHING
      """;

  private static final String SET_DISABLED =
      "UPDATE users SET disabled = :disabled WHERE tenant_id = :tenant AND user_id = :user";

  private static final String SET_ROLE =
      "UPDATE users SET role = :role WHERE tenant_id = :tenant AND user_id = :user";

  private static final String SIGN_OUT =
      "DELETE FROM sessions WHERE tenant_id = :tenant AND user_id = :user";

  private static final String ENTITLEMENTS =
      "SELECT terms FROM entitlements WHERE tenant_id = :tenant AND role = :role";

  private static final String SAVE_ENTITLEMENTS =
      """
      INSERT INTO entitlements (tenant_id, role, terms) VALUES (:tenant, :role, :terms)
      ON CONFLICT (tenant_id, role) DO UPDATE SET terms = excluded.terms
      """;

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
  public boolean insert(User user) {
    return database.write(
            handle ->
                handle
                    .createUpdate(INSERT)
                    .bind("tenant", user.tenant().value())
                    .bind("user", user.id().value())
                    .bind("username", user.username())
                    .bind("username_folded", User.folded(user.username()))
                    .bind("display_name", user.displayName())
                    .bind("role", user.role().wire())
                    .bind("password_hash", user.passwordHash().reveal())
                    .bind("disabled", Columns.flag(user.disabled()))
                    .bind("created_at", user.createdAt().toEpochMilli())
                    .execute())
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
                  .bind("role", role.wire())
                  .execute();
          if (changed == 1) {
            announce.accept(new Change.UserChanged(tenant, id));
          }
          return changed == 1;
        });
  }

  @Override
  public List<LlmTerms> entitlements(TenantId tenant, Role role) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(ENTITLEMENTS)
                    .bind("tenant", tenant.value())
                    .bind("role", role.wire())
                    .map((row, _) -> AccessJson.readTerms(Columns.text(row, "terms")))
                    .findOne())
        .orElse(List.of());
  }

  @Override
  public void saveEntitlements(TenantId tenant, Role role, List<LlmTerms> entitlements) {
    announcements.write(
        (handle, announce) -> {
          announce.accept(new Change.PolicyChanged(tenant));
          return handle
              .createUpdate(SAVE_ENTITLEMENTS)
              .bind("tenant", tenant.value())
              .bind("role", role.wire())
              .bind("terms", AccessJson.writeTerms(entitlements))
              .execute();
        });
  }

  private static User user(ResultSet row, StatementContext context) throws SQLException {
    return new User(
        new TenantId(Columns.text(row, "tenant_id")),
        new UserId(Columns.text(row, "user_id")),
        Columns.text(row, "username"),
        Columns.text(row, "display_name"),
        Role.ofWire(Columns.text(row, "role")),
        Secret.of(Columns.text(row, "password_hash")),
        Columns.flag(row, "disabled"),
        Columns.instant(row, "created_at"));
  }
}

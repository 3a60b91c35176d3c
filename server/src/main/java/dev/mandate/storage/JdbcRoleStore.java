package dev.mandate.storage;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.domain.user.User;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbcRoleStore implements RoleStore {
  private static final String SELECT =
      "SELECT role, admin_scopes FROM roles WHERE tenant_id = :tenant";

  private static final String FIND = SELECT + " AND role = :role";
  private static final String OWN = SELECT + " ORDER BY role";

  private static final String ENTITLEMENTS =
      "SELECT terms FROM entitlements WHERE tenant_id = :tenant AND role = :role";

  private static final String SAVE =
      """
      INSERT INTO roles (tenant_id, role, admin_scopes) VALUES (:tenant, :role, :admin_scopes)
      ON CONFLICT (tenant_id, role) DO UPDATE SET admin_scopes = excluded.admin_scopes
      """;

  private static final String SAVE_ENTITLEMENTS =
      """
      INSERT INTO entitlements (tenant_id, role, terms) VALUES (:tenant, :role, :terms)
      ON CONFLICT (tenant_id, role) DO UPDATE SET terms = excluded.terms
      """;

  private static final String HELD =
      "SELECT COUNT(*) AS users FROM users WHERE tenant_id = :tenant AND role = :role";

  private static final String REMOVE_ENTITLEMENTS =
      "DELETE FROM entitlements WHERE tenant_id = :tenant AND role = :role";

  private static final String REMOVE =
      "DELETE FROM roles WHERE tenant_id = :tenant AND role = :role";

  private final Database database;
  private final Announcements announcements;

  JdbcRoleStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  /// The role of a row that has its name and, of an own one, its `admin_scopes`.
  static Role role(String name, ResultSet row) throws SQLException {
    Role builtIn = Role.builtIn(name);
    if (builtIn != null) {
      return builtIn;
    }
    boolean known = Columns.textOrNull(row, "admin_scopes") != null;
    return new Role(
        name, known ? new TreeSet<>(Columns.texts(row, "admin_scopes")) : new TreeSet<>());
  }

  /// Under the tenant's lock, so that the role stays until the user is stored.
  static void requireRole(Handle handle, User user) {
    if (find(handle, user.tenant(), user.role().name()) == null) {
      throw new StorageException("the tenant has no role " + user.role().name());
    }
  }

  private static @Nullable Role find(Handle handle, TenantId tenant, String name) {
    Role builtIn = Role.builtIn(name);
    return builtIn != null
        ? builtIn
        : handle
            .createQuery(FIND)
            .bind("tenant", tenant.value())
            .bind("role", name)
            .map((row, _) -> role(name, row))
            .findOne()
            .orElse(null);
  }

  static int saveEntitlements(
      Handle handle, TenantId tenant, String name, List<LlmTerms> entitlements) {
    return handle
        .createUpdate(SAVE_ENTITLEMENTS)
        .bind("tenant", tenant.value())
        .bind("role", name)
        .bind("terms", AccessJson.writeTerms(entitlements))
        .execute();
  }

  static List<LlmTerms> entitlements(Handle handle, TenantId tenant, String name) {
    return handle
        .createQuery(ENTITLEMENTS)
        .bind("tenant", tenant.value())
        .bind("role", name)
        .map((row, _) -> AccessJson.readTerms(Columns.text(row, "terms")))
        .findOne()
        .orElse(List.of());
  }

  private static List<Role> own(Handle handle, TenantId tenant) {
    return handle
        .createQuery(OWN)
        .bind("tenant", tenant.value())
        .map((row, _) -> role(Columns.text(row, "role"), row))
        .list();
  }

  @Override
  public @Nullable Role find(TenantId tenant, String name) {
    return database.read(handle -> Optional.ofNullable(find(handle, tenant, name))).orElse(null);
  }

  @Override
  public List<Role> all(TenantId tenant) {
    List<Role> all = new ArrayList<>(Role.builtIn());
    all.addAll(database.read(handle -> own(handle, tenant)));
    return all;
  }

  @Override
  public Outcome save(TenantId tenant, Role role, List<LlmTerms> entitlements, Expected expected) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, tenant);
          Role known = find(handle, tenant, role.name());
          if (!expected.is(known, entitlements(handle, tenant, role.name()))) {
            return Outcome.UNEXPECTED;
          }
          if (known == null && own(handle, tenant).size() >= OWN_MAX) {
            return Outcome.FULL;
          }
          if (!role.isBuiltIn()) {
            handle
                .createUpdate(SAVE)
                .bind("tenant", tenant.value())
                .bind("role", role.name())
                .bind("admin_scopes", Columns.texts(role.adminScopes()))
                .execute();
          }
          saveEntitlements(handle, tenant, role.name(), entitlements);
          announce.accept(new Change.PolicyChanged(tenant));
          return Outcome.DONE;
        });
  }

  @Override
  public Outcome remove(TenantId tenant, String name, Expected expected) {
    if (Role.builtIn(name) != null) {
      throw new IllegalArgumentException(name + " is built in, expected an own role");
    }
    return database.write(
        handle -> {
          TenantLock.take(handle, database, tenant);
          if (!expected.is(find(handle, tenant, name), entitlements(handle, tenant, name))) {
            return Outcome.UNEXPECTED;
          }
          long held =
              handle
                  .createQuery(HELD)
                  .bind("tenant", tenant.value())
                  .bind("role", name)
                  .map((row, _) -> row.getLong("users"))
                  .one();
          if (held > 0) {
            return Outcome.IN_USE;
          }
          for (String sql : List.of(REMOVE_ENTITLEMENTS, REMOVE)) {
            handle.createUpdate(sql).bind("tenant", tenant.value()).bind("role", name).execute();
          }
          return Outcome.DONE;
        });
  }
}

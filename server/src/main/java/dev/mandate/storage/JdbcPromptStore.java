package dev.mandate.storage;

import dev.mandate.domain.prompt.PromptBook;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.prompt.PromptDecision;
import dev.mandate.domain.prompt.PromptPolicy;
import dev.mandate.domain.prompt.PromptRule;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcPromptStore implements PromptStore {
  private static final String POLICY =
      """
      SELECT tenant_id, classifies, fails_open, allows_other, characters_max
      FROM prompt_policies WHERE tenant_id = :tenant
      """;

  private static final String SAVE_POLICY =
      """
      INSERT INTO prompt_policies (tenant_id, classifies, fails_open, allows_other, characters_max)
      VALUES (:tenant, :classifies, :fails_open, :allows_other, :characters_max)
      ON CONFLICT (tenant_id) DO UPDATE SET classifies = excluded.classifies,
        fails_open = excluded.fails_open, allows_other = excluded.allows_other,
        characters_max = excluded.characters_max
      """;

  private static final String CATEGORIES =
      """
      SELECT tenant_id, category, display_name, decision, needs_scope, roles, shipped_rules
      FROM prompt_categories WHERE tenant_id = :tenant
      """;

  private static final String CATEGORY = CATEGORIES + " AND category = :category";
  private static final String ALL_CATEGORIES = CATEGORIES + " ORDER BY category";

  private static final String SAVE_CATEGORY =
      """
      INSERT INTO prompt_categories (tenant_id, category, display_name, decision, needs_scope,
        roles, shipped_rules)
      VALUES (:tenant, :category, :display_name, :decision, :needs_scope, :roles, :shipped_rules)
      ON CONFLICT (tenant_id, category) DO UPDATE SET display_name = excluded.display_name,
        decision = excluded.decision, needs_scope = excluded.needs_scope, roles = excluded.roles,
        shipped_rules = excluded.shipped_rules
      """;

  private static final String REMOVE_RULES =
      "DELETE FROM prompt_rules WHERE tenant_id = :tenant AND category = :category";

  private static final String REMOVE_CATEGORY =
      "DELETE FROM prompt_categories WHERE tenant_id = :tenant AND category = :category";

  private static final String RULES =
      "SELECT tenant_id, rule_id, category, pattern FROM prompt_rules WHERE tenant_id = :tenant";

  private static final String RULE = RULES + " AND rule_id = :rule";
  private static final String ALL_RULES = RULES + " ORDER BY rule_id";

  private static final String INSERT_RULE =
      """
      INSERT INTO prompt_rules (tenant_id, rule_id, category, pattern)
      VALUES (:tenant, :rule, :category, :pattern)
      """;

  private static final String REMOVE_RULE =
      "DELETE FROM prompt_rules WHERE tenant_id = :tenant AND rule_id = :rule";

  private final Database database;
  private final Announcements announcements;

  JdbcPromptStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  /// A change under the tenant's lock, heard where it was made.
  private interface Work {
    Outcome with(Handle handle);
  }

  private Outcome change(TenantId tenant, Work work) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, tenant);
          Outcome outcome = work.with(handle);
          if (outcome == Outcome.DONE) {
            announce.accept(new Change.PolicyChanged(tenant));
          }
          return outcome;
        });
  }

  @Override
  public PromptBook book(TenantId tenant) {
    return database.read(
        handle ->
            new PromptBook(
                policy(handle, tenant), categories(handle, tenant), rules(handle, tenant)));
  }

  @Override
  public PromptPolicy policy(TenantId tenant) {
    return database.read(handle -> policy(handle, tenant));
  }

  private static PromptPolicy policy(Handle handle, TenantId tenant) {
    return handle
        .createQuery(POLICY)
        .bind("tenant", tenant.value())
        .map(
            (row, _) ->
                new PromptPolicy(
                    new TenantId(Columns.text(row, "tenant_id")),
                    Columns.flag(row, "classifies"),
                    Columns.flag(row, "fails_open"),
                    Columns.flag(row, "allows_other"),
                    row.getInt("characters_max")))
        .findOne()
        .orElseGet(() -> PromptPolicy.standard(tenant));
  }

  @Override
  public boolean replace(PromptPolicy expected, PromptPolicy replacement) {
    TenantId tenant = replacement.tenant();
    return change(
            tenant,
            handle -> {
              if (!policy(handle, tenant).equals(expected)) {
                return Outcome.UNEXPECTED;
              }
              handle
                  .createUpdate(SAVE_POLICY)
                  .bind("tenant", tenant.value())
                  .bind("classifies", replacement.classifies() ? 1 : 0)
                  .bind("fails_open", replacement.failsOpen() ? 1 : 0)
                  .bind("allows_other", replacement.allowsOther() ? 1 : 0)
                  .bind("characters_max", replacement.charactersMax())
                  .execute();
              return Outcome.DONE;
            })
        == Outcome.DONE;
  }

  @Override
  public @Nullable PromptCategory category(TenantId tenant, String name) {
    return database
        .read(handle -> Optional.ofNullable(category(handle, tenant, name)))
        .orElse(null);
  }

  private static @Nullable PromptCategory category(Handle handle, TenantId tenant, String name) {
    return handle
        .createQuery(CATEGORY)
        .bind("tenant", tenant.value())
        .bind("category", name)
        .map(JdbcPromptStore::readCategory)
        .findOne()
        .orElse(null);
  }

  private static List<PromptCategory> categories(Handle handle, TenantId tenant) {
    return handle
        .createQuery(ALL_CATEGORIES)
        .bind("tenant", tenant.value())
        .map(JdbcPromptStore::readCategory)
        .list();
  }

  @Override
  public Outcome save(@Nullable PromptCategory expected, PromptCategory category) {
    TenantId tenant = category.tenant();
    return change(
        tenant,
        handle -> {
          PromptCategory known = category(handle, tenant, category.name());
          if (!Objects.equals(known, expected)) {
            return Outcome.UNEXPECTED;
          }
          if (known == null && categories(handle, tenant).size() >= CATEGORIES_MAX) {
            return Outcome.FULL;
          }
          handle
              .createUpdate(SAVE_CATEGORY)
              .bind("tenant", tenant.value())
              .bind("category", category.name())
              .bind("display_name", category.displayName())
              .bind("decision", category.decision().wire())
              .bind("needs_scope", category.needsScope() ? 1 : 0)
              .bind("roles", Columns.texts(category.roles()))
              .bind("shipped_rules", category.shippedRules())
              .execute();
          return Outcome.DONE;
        });
  }

  @Override
  public Outcome remove(PromptCategory expected) {
    TenantId tenant = expected.tenant();
    return change(
        tenant,
        handle -> {
          if (!expected.equals(category(handle, tenant, expected.name()))) {
            return Outcome.UNEXPECTED;
          }
          for (String sql : List.of(REMOVE_RULES, REMOVE_CATEGORY)) {
            handle
                .createUpdate(sql)
                .bind("tenant", tenant.value())
                .bind("category", expected.name())
                .execute();
          }
          return Outcome.DONE;
        });
  }

  @Override
  public @Nullable PromptRule rule(TenantId tenant, String id) {
    return database.read(handle -> Optional.ofNullable(rule(handle, tenant, id))).orElse(null);
  }

  private static @Nullable PromptRule rule(Handle handle, TenantId tenant, String id) {
    return handle
        .createQuery(RULE)
        .bind("tenant", tenant.value())
        .bind("rule", id)
        .map(JdbcPromptStore::readRule)
        .findOne()
        .orElse(null);
  }

  @Override
  public List<PromptRule> rules(TenantId tenant) {
    return database.read(handle -> rules(handle, tenant));
  }

  private static List<PromptRule> rules(Handle handle, TenantId tenant) {
    return handle
        .createQuery(ALL_RULES)
        .bind("tenant", tenant.value())
        .map(JdbcPromptStore::readRule)
        .list();
  }

  @Override
  public Outcome insert(PromptRule rule) {
    TenantId tenant = rule.tenant();
    return change(
        tenant,
        handle -> {
          if (category(handle, tenant, rule.category()) == null
              || rule(handle, tenant, rule.id()) != null) {
            return Outcome.UNEXPECTED;
          }
          if (rules(handle, tenant).size() >= RULES_MAX) {
            return Outcome.FULL;
          }
          handle
              .createUpdate(INSERT_RULE)
              .bind("tenant", tenant.value())
              .bind("rule", rule.id())
              .bind("category", rule.category())
              .bind("pattern", rule.pattern())
              .execute();
          return Outcome.DONE;
        });
  }

  @Override
  public Outcome remove(PromptRule expected) {
    TenantId tenant = expected.tenant();
    return change(
        tenant,
        handle -> {
          if (!expected.equals(rule(handle, tenant, expected.id()))) {
            return Outcome.UNEXPECTED;
          }
          handle
              .createUpdate(REMOVE_RULE)
              .bind("tenant", tenant.value())
              .bind("rule", expected.id())
              .execute();
          return Outcome.DONE;
        });
  }

  private static PromptRule readRule(ResultSet row, StatementContext context) throws SQLException {
    return new PromptRule(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "rule_id"),
        Columns.text(row, "category"),
        Columns.text(row, "pattern"));
  }

  private static PromptCategory readCategory(ResultSet row, StatementContext context)
      throws SQLException {
    return new PromptCategory(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "category"),
        Columns.text(row, "display_name"),
        PromptDecision.ofWire(Columns.text(row, "decision")),
        Columns.flag(row, "needs_scope"),
        new TreeSet<>(Columns.texts(row, "roles")),
        Columns.textOrNull(row, "shipped_rules"));
  }
}

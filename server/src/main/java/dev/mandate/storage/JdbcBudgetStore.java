package dev.mandate.storage;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.BudgetStore;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Sums;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbcBudgetStore implements BudgetStore {
  private static final String SELECT =
      "SELECT account, unit, period, bound, thresholds FROM budget_limits WHERE tenant_id ="
          + " :tenant";

  private static final String FIND = SELECT + " AND account = :account";

  private static final String PAGE =
      SELECT
          + """
           AND account IN (
            SELECT DISTINCT account FROM budget_limits
            WHERE tenant_id = :tenant AND (:after = '' OR account > :after)
            ORDER BY account LIMIT :limit)
          ORDER BY account
          """;

  /// `0` is the character after `/`.
  private static final String SUMS =
      SELECT
          + """
           AND (account IN (:of_tenant, :client, :user, :role)
            OR (account >= 'model/' AND account < 'model0')
            OR (account >= 'upstream/' AND account < 'upstream0'))
          """;

  private static final String SAVE =
      """
      INSERT INTO budget_limits (tenant_id, account, unit, period, bound, thresholds)
      VALUES (:tenant, :account, :unit, :period, :bound, :thresholds)
      """;

  private static final String REMOVE =
      "DELETE FROM budget_limits WHERE tenant_id = :tenant AND account = :account";

  private final Database database;
  private final Announcements announcements;

  JdbcBudgetStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  private record Row(String account, Limit limit, long bound, List<Integer> thresholds) {
    static Row of(ResultSet row) throws SQLException {
      Unit unit = Unit.valueOf(Columns.text(row, "unit").toUpperCase(Locale.ROOT));
      return new Row(
          Columns.text(row, "account"),
          Limit.of(unit, WindowRows.period(row)),
          row.getLong("bound"),
          thresholds(Columns.text(row, "thresholds")));
    }

    private static List<Integer> thresholds(String json) {
      List<Integer> percents = new ArrayList<>();
      Json.parse(json).forEach(percent -> percents.add(percent.asInt()));
      return List.copyOf(percents);
    }
  }

  @Override
  public Budget find(AccountId account) {
    return database.read(handle -> find(handle, account));
  }

  private static Budget find(Handle handle, AccountId account) {
    return budget(
        account,
        handle
            .createQuery(FIND)
            .bind("tenant", account.tenant().value())
            .bind("account", account.key())
            .map((row, _) -> Row.of(row))
            .list());
  }

  private static Budget budget(AccountId account, List<Row> rows) {
    Map<Limit, Long> bounds = new EnumMap<>(Limit.class);
    rows.forEach(row -> bounds.put(row.limit, row.bound));
    return new Budget(
        account,
        Limits.of(bounds),
        rows.isEmpty() ? Budget.THRESHOLDS : rows.getFirst().thresholds);
  }

  @Override
  public boolean replace(Budget budget, Predicate<Budget> expected) {
    AccountId account = budget.account();
    Limits limits = budget.limits();
    if (limits.tokensPerRequest() != null) {
      throw new IllegalArgumentException(
          "account %s with %s tokens per request, expected no such limit"
              .formatted(account, limits.tokensPerRequest()));
    }
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, account.tenant());
          if (!expected.test(find(handle, account))) {
            return false;
          }
          handle
              .createUpdate(REMOVE)
              .bind("tenant", account.tenant().value())
              .bind("account", account.key())
              .execute();
          for (Limit limit : limits.bounded()) {
            save(handle, budget, limit);
          }
          announce.accept(new Change.PolicyChanged(account.tenant()));
          return true;
        });
  }

  private static void save(Handle handle, Budget budget, Limit limit) {
    handle
        .createUpdate(SAVE)
        .bind("tenant", budget.account().tenant().value())
        .bind("account", budget.account().key())
        .bind("unit", limit.unit().wire())
        .bind("period", Objects.requireNonNull(limit.period()).wire())
        .bind("bound", budget.limits().most(limit))
        .bind("thresholds", Json.write(Json.tree(budget.thresholds())))
        .execute();
  }

  @Override
  public List<Budget> page(TenantId tenant, @Nullable String after, int limit) {
    return budgets(
        tenant,
        database.read(
            handle ->
                handle
                    .createQuery(PAGE)
                    .bind("tenant", tenant.value())
                    .bind("after", after == null ? "" : after)
                    .bind("limit", limit)
                    .map((row, _) -> Row.of(row))
                    .list()));
  }

  private static List<Budget> budgets(TenantId tenant, List<Row> rows) {
    Map<String, List<Row>> byAccount = new TreeMap<>();
    rows.forEach(row -> byAccount.computeIfAbsent(row.account, _ -> new ArrayList<>()).add(row));
    List<Budget> budgets = new ArrayList<>();
    byAccount.forEach((key, of) -> budgets.add(budget(new AccountId(tenant, key), of)));
    return budgets;
  }

  @Override
  public Sums sums(TenantId tenant, ClientId client, @Nullable UserId user, @Nullable String role) {
    List<Row> rows =
        database.read(
            handle ->
                handle
                    .createQuery(SUMS)
                    .bind("tenant", tenant.value())
                    .bind("of_tenant", AccountId.of(tenant).key())
                    .bind("client", AccountId.of(tenant, client).key())
                    .bind("user", user == null ? "" : AccountId.of(tenant, user).key())
                    .bind("role", role == null ? "" : AccountId.ofRole(tenant, role).key())
                    .map((row, _) -> Row.of(row))
                    .list());
    Map<String, Limits> byAccount = new HashMap<>();
    budgets(tenant, rows).forEach(one -> byAccount.put(one.account().key(), one.limits()));
    return new Sums(byAccount);
  }
}

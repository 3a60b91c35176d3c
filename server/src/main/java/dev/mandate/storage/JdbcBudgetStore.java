package dev.mandate.storage;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.BudgetStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbcBudgetStore implements BudgetStore {
  private static final String SELECT =
      """
      SELECT account, requests, tokens_per_day, cost_micros FROM budgets WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND account = :account";
  private static final String PAGE =
      SELECT + " AND (:after = '' OR account > :after) ORDER BY account LIMIT :limit";

  private static final String SAVE =
      """
      INSERT INTO budgets (tenant_id, account, requests, tokens_per_day, cost_micros)
      VALUES (:tenant, :account, :requests, :tokens_per_day, :cost_micros)
      ON CONFLICT (tenant_id, account) DO UPDATE SET
        requests = excluded.requests, tokens_per_day = excluded.tokens_per_day,
        cost_micros = excluded.cost_micros
      """;

  private static final String REMOVE =
      "DELETE FROM budgets WHERE tenant_id = :tenant AND account = :account";

  private final Database database;
  private final Announcements announcements;

  JdbcBudgetStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public Limits limits(AccountId account) {
    return database.read(handle -> limits(handle, account));
  }

  private static Limits limits(Handle handle, AccountId account) {
    return handle
        .createQuery(FIND)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .map((row, _) -> limits(row))
        .findOne()
        .orElse(Limits.NONE);
  }

  @Override
  public boolean replace(AccountId account, Limits limits, Predicate<Limits> expected) {
    if (limits.tokensPerRequest() != null) {
      throw new IllegalArgumentException(
          "account %s with %s tokens per request, expected no such limit"
              .formatted(account, limits.tokensPerRequest()));
    }
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, account.tenant());
          if (!expected.test(limits(handle, account))) {
            return false;
          }
          if (limits.equals(Limits.NONE)) {
            handle
                .createUpdate(REMOVE)
                .bind("tenant", account.tenant().value())
                .bind("account", account.key())
                .execute();
          } else {
            save(handle, account, limits);
          }
          announce.accept(new Change.PolicyChanged(account.tenant()));
          return true;
        });
  }

  private static void save(Handle handle, AccountId account, Limits limits) {
    handle
        .createUpdate(SAVE)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .bind("requests", limits.requests())
        .bind("tokens_per_day", limits.tokensPerDay())
        .bind("cost_micros", limits.costMicros())
        .execute();
  }

  @Override
  public List<Budget> page(TenantId tenant, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(
                    (row, _) ->
                        new Budget(
                            new AccountId(tenant, Columns.text(row, "account")), limits(row)))
                .list());
  }

  private static Limits limits(ResultSet row) throws SQLException {
    return new Limits(
        Columns.longOrNull(row, "requests"),
        null,
        Columns.longOrNull(row, "tokens_per_day"),
        Columns.longOrNull(row, "cost_micros"));
  }
}

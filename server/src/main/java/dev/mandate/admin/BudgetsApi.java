package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.BudgetStore;
import dev.mandate.domain.budget.BudgetStore.Budget;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.LedgerStore;
import dev.mandate.domain.budget.LedgerStore.Spent;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/budgets`: what accounts have spent and what bounds them; and the limits that hold
/// over the sum of all mandates of a person, or of the tenant.
public final class BudgetsApi {
  private static final Schema LIMITS =
      Schema.body("SumLimits", "Upper bounds of a sum; what is absent is not bounded.")
          .maybe("requests", Schema.amount().describe("Calls, ever."))
          .maybe("tokens_per_day", Schema.amount().describe("In the tenant's calendar day."))
          .maybe("cost_micros", Schema.amount().describe("Millionths of the currency, ever."));

  private static final Schema HOLDER = Schema.oneOf("tenant", "user", "mandate");

  private static final Schema ID =
      Schema.text()
          .describe("The account: `tenant`, `user/{id}`, or `mandate/{id}/{place in it}`.");

  private static final Schema BUDGET =
      Schema.answer("Budget", "What bounds an account.")
          .with("id", ID)
          .with("holder", HOLDER)
          .with("limits", LIMITS);

  private static final Schema BALANCE =
      Schema.answer("Balance", "What an account has spent, and what bounds it.")
          .with("id", ID)
          .with("holder", HOLDER)
          .with("limits", Access.LIMITS)
          .with(
              "spent",
              Schema.answer("AccountSpent", "By calls that are settled.")
                  .with("requests", Schema.amount())
                  .with("tokens_today", Schema.amount().describe("In the tenant's calendar day."))
                  .with("cost_micros", Schema.amount()));

  private static final Schema SETTINGS =
      Schema.body("BudgetSettings", "What can be changed of a budget.").with("limits", LIMITS);

  private final BudgetStore budgets;
  private final LedgerStore ledger;
  private final TenantStore tenants;
  private final UserStore users;
  private final RightsReader rights;

  public BudgetsApi(
      BudgetStore budgets,
      LedgerStore ledger,
      TenantStore tenants,
      UserStore users,
      RightsReader rights) {
    this.budgets = budgets;
    this.ledger = ledger;
    this.tenants = tenants;
    this.users = users;
    this.rights = rights;
  }

  public List<Operation> operations() {
    Single<Budget> ofTenant =
        new Single<>("/budgets/tenant", BUDGET, this::findOfTenant, (_, found) -> json(found));
    Single<Budget> ofUser =
        new Single<>(
            "/budgets/user/{user_id}", BUDGET, this::findOfUser, (_, found) -> json(found));
    List<Operation> all = new ArrayList<>();
    all.add(
        Operation.list("listBudgets", AdminScope.BUDGETS_READ, "/budgets", BALANCE, this::page)
            .says(
                "Lists the accounts that are bounded in sum, or all that a mandate or a person"
                    + " spends from")
            .filter("user_id", Schema.text(), "All accounts over this person's mandates.")
            .filter("mandate_id", Schema.text(), "All accounts that this mandate's calls charge."));
    all.addAll(single("TenantBudget", "the tenant", ofTenant));
    all.addAll(single("UserBudget", "a person", ofUser));
    return all;
  }

  private List<Operation> single(String noun, String whose, Single<Budget> one) {
    return List.of(
        Operation.read("read" + noun, AdminScope.BUDGETS_READ, one)
            .says("Reads what bounds the sum of all mandates of " + whose),
        Operation.replace(
                "replace" + noun,
                AdminScope.BUDGETS_WRITE,
                one,
                SETTINGS,
                BudgetsApi::changed,
                this::replace)
            .says("Bounds the sum of all mandates of " + whose + ", from the next call on")
            .audited("budget.changed"),
        Operation.remove("delete" + noun, AdminScope.BUDGETS_WRITE, one, this::remove)
            .says("Takes away what bounds the sum of all mandates of " + whose)
            .audited("budget.removed"));
  }

  private Budget findOfTenant(Call call) {
    AccountId account = AccountId.of(call.tenant());
    return new Budget(account, budgets.limits(account));
  }

  private @Nullable Budget findOfUser(Call call) {
    UserId user = new UserId(call.path("user_id"));
    if (users.find(call.tenant(), user) == null) {
      return null;
    }
    AccountId account = AccountId.of(call.tenant(), user);
    return new Budget(account, budgets.limits(account));
  }

  private static Budget changed(Call call, Budget current, ObjectNode body) {
    return new Budget(current.account(), Access.limits(body.required("limits")));
  }

  private boolean replace(Budget expected, Budget replacement) {
    return budgets.replace(
        expected.account(), replacement.limits(), now -> now.equals(expected.limits()));
  }

  private boolean remove(Call call, Budget expected) {
    return replace(expected, new Budget(expected.account(), Limits.NONE));
  }

  private Page page(Call call, Page.Range range) {
    String mandate = call.query("mandate_id");
    String user = call.query("user_id");
    if (mandate != null || user != null) {
      List<Budget> path = new ArrayList<>();
      if (mandate != null) {
        path.addAll(ofMandate(call, new MandateId(mandate), user));
      } else if (user != null && users.find(call.tenant(), new UserId(user)) != null) {
        path.addAll(above(call, new UserId(user)));
      }
      return new Page(balances(call, path), null);
    }
    List<Budget> rows = budgets.page(call.tenant(), range.after(), range.rows());
    boolean more = rows.size() > range.limit();
    List<Budget> shown = more ? rows.subList(0, range.limit()) : rows;
    return new Page(balances(call, shown), more ? shown.getLast().account().key() : null);
  }

  private List<Budget> above(Call call, UserId user) {
    return List.of(
        new Budget(AccountId.of(call.tenant()), budgets.limits(AccountId.of(call.tenant()))),
        new Budget(AccountId.of(call.tenant(), user), budgets.limits(AccountId.of(call.tenant(), user))));
  }

  /// The accounts of a mandate's path; none when another than `user` gave it.
  private List<Budget> ofMandate(Call call, MandateId id, @Nullable String user) {
    Rights right = rights.read(call.tenant(), id);
    if (right == null) {
      return List.of();
    }
    Mandate mandate = right.mandate();
    UserId giver = mandate.user();
    if (user != null && (giver == null || !giver.value().equals(user))) {
      return List.of();
    }
    List<Budget> path = new ArrayList<>();
    path.add(new Budget(AccountId.of(call.tenant()), right.sums().of(AccountId.of(call.tenant()).key())));
    if (giver != null) {
      path.add(new Budget(AccountId.of(call.tenant(), giver), right.sums().of(AccountId.of(call.tenant(), giver).key())));
    }
    for (int place = 0; place < mandate.access().size(); place++) {
      LlmAccess left = right.effective().get(place);
      LlmAccess access = left == null ? mandate.access().get(place) : left;
      path.add(new Budget(AccountId.of(call.tenant(), id, place), access.limits()));
    }
    return path;
  }

  private List<ObjectNode> balances(Call call, List<Budget> all) {
    Map<AccountId, Spent> spent = ledger.spent(all.stream().map(Budget::account).toList());
    Tenant tenant = tenants.find(call.tenant());
    if (tenant == null) {
      return List.of();
    }
    CalendarWindows open = CalendarWindows.at(tenant.zone(), call.now());
    List<ObjectNode> items = new ArrayList<>();
    for (Budget one : all) {
      Spent of = spent.getOrDefault(one.account(), Spent.NOTHING);
      ObjectNode node = json(one);
      node.putObject("spent")
          .put("requests", of.ever().requests())
          .put("tokens_today", of.in(Period.DAY, open).tokens())
          .put("cost_micros", of.ever().costMicros());
      items.add(node);
    }
    return items;
  }

  private static ObjectNode json(Budget budget) {
    ObjectNode node =
        Json.object().put("id", budget.account().key()).put("holder", budget.account().holder());
    node.set("limits", AuthorizationDetails.writeLimits(budget.limits()));
    return node;
  }
}

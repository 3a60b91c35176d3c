package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.BudgetHolders;
import dev.mandate.domain.budget.BudgetStates;
import dev.mandate.domain.budget.BudgetStates.Standing;
import dev.mandate.domain.budget.BudgetStates.State;
import dev.mandate.domain.budget.BudgetStore;
import dev.mandate.domain.budget.BudgetStore.Budget;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.mandate.Sums;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.json.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/budgets`: what accounts have spent and what bounds them; and the limits that hold
/// over the sum of all calls of the tenant, a role, a person, a client, an upstream or a model.
public final class BudgetsApi {
  /// A bound on one call is none of a sum.
  private static final Set<Limit> OF_SUMS =
      EnumSet.complementOf(EnumSet.of(Limit.TOKENS_PER_REQUEST));

  private static final Schema LIMITS =
      Access.limits(
          Schema.body("SumLimits", "Upper bounds of a sum; what is absent is not bounded."),
          OF_SUMS);

  private static final Schema HOLDER =
      Schema.oneOf("tenant", "role", "user", "client", "upstream", "model", "mandate");

  private static final Schema ID =
      Schema.text()
          .describe(
              "The account: `tenant`, `role/{name}`, `user/{id}`, `client/{id}`, `upstream/{id}`,"
                  + " `model/{upstream}/{name}`, or `mandate/{id}/{place in it}`.");

  private static final Schema THRESHOLDS =
      Schema.set(Schema.integer(1, 100), Budget.THRESHOLDS_MAX)
          .describe(
              "At how many percent of a limit a notice is told, once a window; none where it is"
                  + " empty.");

  private static final Schema BUDGET =
      Schema.answer("Budget", "What bounds an account.")
          .with("id", ID)
          .with("holder", HOLDER)
          .with("limits", LIMITS)
          .with("thresholds", THRESHOLDS);

  private static final Schema WINDOW =
      Schema.answer("BudgetWindow", "A limit in the window that is open.")
          .with("limit", Schema.oneOf(Arrays.stream(Limit.values()).map(Limit::wire).toList()))
          .with("unit", Schema.oneOf(Arrays.stream(Unit.values()).map(Unit::wire).toList()))
          .with("window", Schema.oneOf(Arrays.stream(Period.values()).map(Period::wire).toList()))
          .with("bound", Schema.amount())
          .with("spent", Schema.amount().describe("By calls that are settled."))
          .with("reserved", Schema.amount().describe("By open calls, and by nodes for theirs."))
          .with("forfeited", Schema.amount().describe("Held by nodes that are gone."))
          .with("remaining", Schema.amount())
          .maybe("resets_at", Schema.instant().describe("When the window ends."));

  private static final Schema BALANCE =
      Schema.answer("Balance", "What an account has spent, and what bounds it.")
          .with("id", ID)
          .with("holder", HOLDER)
          .with("limits", Access.LIMITS)
          .with("thresholds", THRESHOLDS)
          .with(
              "spent",
              Schema.answer("AccountSpent", "By calls that are settled.")
                  .with("requests", Schema.amount())
                  .with("tokens_today", Schema.amount().describe("In the tenant's calendar day."))
                  .with("cost_micros", Schema.amount()))
          .with("windows", Schema.array(WINDOW, Limit.values().length));

  private static final Schema SETTINGS =
      Schema.body("BudgetSettings", "What can be changed of a budget.")
          .with("limits", LIMITS)
          .maybe("thresholds", THRESHOLDS);

  private final BudgetStore budgets;
  private final BudgetStates states;
  private final BudgetHolders holders;
  private final TenantStore tenants;
  private final RightsReader rights;

  public BudgetsApi(
      BudgetStore budgets,
      BudgetStates states,
      BudgetHolders holders,
      TenantStore tenants,
      RightsReader rights) {
    this.budgets = budgets;
    this.states = states;
    this.holders = holders;
    this.tenants = tenants;
    this.rights = rights;
  }

  public List<Operation> operations() {
    List<Operation> all = new ArrayList<>();
    all.add(
        Operation.list("listBudgets", AdminScope.BUDGETS_READ, "/budgets", BALANCE, this::page)
            .says(
                "Lists the accounts that are bounded in sum, or all that a mandate or a person"
                    + " spends from")
            .filter("user_id", Schema.text(), "All accounts over this person's mandates.")
            .filter("mandate_id", Schema.text(), "All accounts that this mandate's calls charge."));
    all.addAll(single("TenantBudget", "of the tenant", "tenant", call -> "tenant"));
    all.addAll(of("RoleBudget", "of the people of a role, a team", "role", "role_id"));
    all.addAll(of("UserBudget", "of a person", "user", "user_id"));
    all.addAll(of("ClientBudget", "of a client", "client", "client_id"));
    all.addAll(of("UpstreamBudget", "at an upstream", "upstream", "upstream_id"));
    all.addAll(
        single(
            "ModelBudget",
            "of a model of an upstream",
            "model/{upstream_id}/{model_id}",
            call -> "model/" + call.path("upstream_id") + "/" + decoded(call.path("model_id"))));
    return all;
  }

  /// Names of models have slashes, at some providers.
  private static String decoded(String segment) {
    return segment.replace("%2F", "/").replace("%2f", "/");
  }

  private List<Operation> of(String noun, String whose, String holder, String parameter) {
    return single(
        noun, whose, holder + "/{" + parameter + "}", call -> holder + "/" + call.path(parameter));
  }

  /// The key of the account that a call's path names.
  private interface Named {
    String key(Call call);
  }

  private List<Operation> single(String noun, String whose, String path, Named named) {
    Single<Budget> one =
        new Single<>(
            "/budgets/" + path,
            BUDGET,
            call -> find(new AccountId(call.tenant(), named.key(call))),
            (_, found) -> json(found));
    return List.of(
        Operation.read("read" + noun, AdminScope.BUDGETS_READ, one)
            .says("Reads what bounds the sum of all calls " + whose),
        Operation.replace(
                "replace" + noun,
                AdminScope.BUDGETS_WRITE,
                one,
                SETTINGS,
                BudgetsApi::changed,
                this::replace)
            .says("Bounds the sum of all calls " + whose + ", from the next call on")
            .audited("budget.changed"),
        Operation.remove("delete" + noun, AdminScope.BUDGETS_WRITE, one, this::remove)
            .says("Takes away what bounds the sum of all calls " + whose)
            .audited("budget.removed"));
  }

  private @Nullable Budget find(AccountId account) {
    return holders.exists(account) ? budgets.find(account) : null;
  }

  private static Budget changed(Call call, Budget current, ObjectNode body) {
    List<Integer> thresholds = new ArrayList<>();
    JsonNode given = body.get("thresholds");
    if (given == null) {
      thresholds.addAll(Budget.THRESHOLDS);
    } else {
      given.forEach(percent -> thresholds.add(percent.asInt()));
    }
    return new Budget(current.account(), Access.limits(body.required("limits")), thresholds);
  }

  private boolean replace(Budget expected, Budget replacement) {
    return budgets.replace(replacement, expected::equals);
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
      } else if (user != null) {
        AccountId person = AccountId.of(call.tenant(), new UserId(user));
        if (holders.exists(person)) {
          path.add(budgets.find(AccountId.of(call.tenant())));
          path.add(budgets.find(person));
        }
      }
      return new Page(balances(call, path), null);
    }
    List<Budget> rows = budgets.page(call.tenant(), range.after(), range.rows());
    boolean more = rows.size() > range.limit();
    List<Budget> shown = more ? rows.subList(0, range.limit()) : rows;
    return new Page(balances(call, shown), more ? shown.getLast().account().key() : null);
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
    Sums sums = right.sums();
    List<Budget> path = new ArrayList<>();
    path.add(budgets.find(AccountId.of(call.tenant())));
    if (giver != null) {
      path.add(budgets.find(AccountId.of(call.tenant(), giver)));
    }
    sums.byAccount().keySet().stream()
        .sorted()
        .map(key -> new AccountId(call.tenant(), key))
        .filter(account -> charges(account, mandate))
        .forEach(account -> path.add(budgets.find(account)));
    for (int place = 0; place < mandate.access().size(); place++) {
      LlmAccess left = right.effective().get(place);
      LlmAccess access = left == null ? mandate.access().get(place) : left;
      path.add(new Budget(AccountId.of(call.tenant(), id, place), access.limits()));
    }
    return path;
  }

  /// Of the accounts that are not always there, those that some call of the mandate charges.
  private static boolean charges(AccountId account, Mandate mandate) {
    return switch (account.holder()) {
      case "role", "client" -> true;
      case "upstream" ->
          mandate.access().stream()
              .anyMatch(
                  access ->
                      AccountId.ofUpstream(mandate.tenant(), access.upstream()).equals(account));
      case "model" ->
          mandate.access().stream()
              .anyMatch(
                  access ->
                      access.models().stream()
                          .anyMatch(
                              model ->
                                  AccountId.ofModel(mandate.tenant(), access.upstream(), model)
                                      .equals(account)));
      default -> false;
    };
  }

  private List<ObjectNode> balances(Call call, List<Budget> all) {
    Tenant tenant = tenants.find(call.tenant());
    if (tenant == null) {
      return List.of();
    }
    CalendarWindows open = CalendarWindows.at(tenant.zone(), call.now());
    List<ObjectNode> items = new ArrayList<>();
    for (Standing one : states.read(all, tenant.zone(), call.now())) {
      ObjectNode node = json(one.budget());
      node.putObject("spent")
          .put("requests", one.spent().ever().requests())
          .put("tokens_today", one.spent().in(Period.DAY, open).tokens())
          .put("cost_micros", one.spent().ever().costMicros());
      ArrayNode windows = node.putArray("windows");
      one.states().forEach(state -> window(state, windows.addObject()));
      items.add(node);
    }
    return items;
  }

  private static void window(State state, ObjectNode node) {
    node.put("limit", state.limit().wire())
        .put("unit", state.limit().unit().wire())
        .put("window", state.period().wire())
        .put("bound", state.bound())
        .put("spent", state.spent())
        .put("reserved", state.reserved())
        .put("forfeited", state.forfeited())
        .put("remaining", state.remaining());
    if (state.resetsAt() != null) {
      node.put("resets_at", state.resetsAt().toString());
    }
  }

  private static ObjectNode json(Budget budget) {
    ObjectNode node =
        Json.object().put("id", budget.account().key()).put("holder", budget.account().holder());
    node.set("limits", AuthorizationDetails.writeLimits(budget.limits()));
    ArrayNode thresholds = node.putArray("thresholds");
    budget.thresholds().forEach(thresholds::add);
    return node;
  }
}

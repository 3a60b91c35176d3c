package dev.mandate.console;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.BudgetHolders;
import dev.mandate.domain.budget.BudgetStates;
import dev.mandate.domain.budget.BudgetStore;
import dev.mandate.domain.budget.BudgetStore.Budget;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.http.Router;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// `/admin/budgets`: what bounds accounts in sum, what they have spent of it, and forms to change
/// it.
public final class BudgetPages {
  static final String PATH = "/admin/budgets";

  /// Accounts on the page; the admin API and the command line have them all.
  static final int SHOWN = 200;

  private static final String FORM = "budgets";
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,15}");
  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,6})?");
  private static final Pattern PERCENTS = Pattern.compile("[0-9]{1,3}([ ,]+[0-9]{1,3})*");
  private static final int MICROS_DIGITS = 6;
  private static final int HIGH_PERCENT = 80;
  private static final int PERCENT = 100;
  private static final int ACCOUNT_CHARACTERS_MAX = 500;

  /// A limit of an account.
  ///
  /// @param beside what is held and forfeited, in words; null when nothing is
  public record LimitView(
      String name,
      String words,
      String spent,
      String bound,
      String left,
      @Nullable String beside,
      @Nullable String resets,
      long value,
      long max,
      String tone) {}

  public record AccountView(String key, String thresholds, List<LimitView> limits) {}

  /// @param value that the form sends
  public record OptionView(String value, String words) {}

  /// @param proof for the forms; null for who may only look
  public record BudgetsView(
      List<AccountView> accounts,
      List<OptionView> choices,
      String action,
      @Nullable String proof,
      @Nullable String notice,
      @Nullable String problem) {}

  private final Issuers issuers;
  private final Sessions sessions;
  private final TenantStore tenants;
  private final BudgetStore budgets;
  private final BudgetStates states;
  private final BudgetHolders holders;
  private final AuditStore audit;
  private final Pages pages;
  private final InstantSource clock;

  public BudgetPages(
      Issuers issuers,
      Sessions sessions,
      TenantStore tenants,
      BudgetStore budgets,
      BudgetStates states,
      BudgetHolders holders,
      AuditStore audit,
      Pages pages,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.tenants = tenants;
    this.budgets = budgets;
    this.states = states;
    this.holders = holders;
    this.audit = audit;
    this.pages = pages;
    this.clock = clock;
  }

  public void mount(Router router, ErrorPages errors) {
    router.add("GET", PATH, page(errors, this::list)).add("POST", PATH, page(errors, this::change));
  }

  private Endpoint page(ErrorPages errors, Visit.Pages page) {
    return errors.around(Visit.signedIn(issuers, sessions, clock, page));
  }

  private HttpResponse list(Visit visit, HttpRequest request) {
    String notice = request.query().has("done") ? "Done. It holds from the next call on." : null;
    return show(visit, 200, notice, null);
  }

  private HttpResponse show(
      Visit visit, int status, @Nullable String notice, @Nullable String problem) {
    visit.require(AdminScope.BUDGETS_READ);
    Tenant tenant = tenants.find(visit.issuer().tenant());
    if (tenant == null) {
      throw PageRefusal.notFound("There is no such organisation.");
    }
    List<AccountView> accounts = new ArrayList<>();
    for (BudgetStates.Standing one :
        states.read(budgets.page(tenant.id(), null, SHOWN), tenant.zone(), visit.now())) {
      accounts.add(
          new AccountView(
              one.budget().account().key(),
              String.join(", ", one.budget().thresholds().stream().map(p -> p + " %").toList()),
              one.states().stream().map(state -> view(state, tenant)).toList()));
    }
    BudgetsView view =
        new BudgetsView(
            accounts,
            choices(),
            visit.issuer().root() + PATH,
            visit.may(AdminScope.BUDGETS_WRITE)
                ? Csrf.token(visit.signedIn().cookie(), FORM)
                : null,
            notice,
            problem);
    String title = (problem == null ? "" : "Error: ") + "Budgets";
    return pages.show(status, visit.page("budgets", title, view));
  }

  private static List<OptionView> choices() {
    return Arrays.stream(Limit.values())
        .filter(limit -> limit.period() != null)
        .map(limit -> new OptionView(limit.wire(), limit.words()))
        .toList();
  }

  private static LimitView view(BudgetStates.State state, Tenant tenant) {
    boolean money = state.limit().unit() == Unit.COST_MICROS;
    List<String> beside = new ArrayList<>();
    if (state.reserved() > 0) {
      beside.add(amount(money, state.reserved()) + " held");
    }
    if (state.forfeited() > 0) {
      beside.add(amount(money, state.forfeited()) + " forfeited");
    }
    // A bar of nothing has no meaning in HTML: a limit of zero is shown as full.
    long max = Math.max(1, state.bound());
    long value = state.bound() == 0 ? 1 : Math.min(state.spent(), max);
    boolean high = value >= max * HIGH_PERCENT / PERCENT;
    return new LimitView(
        state.limit().wire(),
        state.limit().words(),
        money ? Words.spent(state.spent()) : Words.number(state.spent()),
        amount(money, state.bound()),
        amount(money, state.remaining()),
        beside.isEmpty() ? null : String.join(", ", beside),
        state.period() == Period.TOTAL || state.resetsAt() == null
            ? null
            : Words.moment(state.resetsAt(), tenant.zone()),
        value,
        max,
        value == max ? "full" : high ? "high" : "low");
  }

  private static String amount(boolean money, long value) {
    return money ? Words.money(value) : Words.number(value);
  }

  /// Sets one limit of an account, or takes it away; the others stay as they are.
  private HttpResponse change(Visit visit, HttpRequest request) {
    visit.require(AdminScope.BUDGETS_WRITE);
    Parameters form = request.form();
    visit.requireForm(request, form, FORM);
    String key = text(form, "account");
    Limit limit = Limit.ofWire(text(form, "limit"));
    AccountId account = new AccountId(visit.issuer().tenant(), key);
    if (limit == null || limit.period() == null) {
      return show(visit, 422, null, "Choose a limit.");
    }
    if (key.length() > ACCOUNT_CHARACTERS_MAX || !holders.exists(account)) {
      return show(visit, 422, null, "There is no such account. Expected one like those above it.");
    }
    boolean removes = "remove".equals(form.one("do"));
    Long bound = removes ? null : bound(limit, text(form, "bound"));
    if (!removes && bound == null) {
      return show(
          visit,
          422,
          null,
          limit.unit() == Unit.COST_MICROS
              ? "Enter an amount of money like 5.00."
              : "Enter a whole number.");
    }
    Budget current = budgets.find(account);
    List<Integer> thresholds = removes ? current.thresholds() : thresholds(form, current);
    if (thresholds == null) {
      return show(visit, 422, null, "Enter percents of 1 to 100, like 80, 100; at most ten.");
    }
    Budget changed = new Budget(account, current.limits().with(limit, bound), thresholds);
    if (!budgets.replace(changed, current::equals)) {
      return show(visit, 409, null, "Somebody else changed this budget just now. Look again.");
    }
    record(visit, request, account, limit, bound);
    return HttpResponse.seeOther(visit.issuer().root() + PATH + "?done=1").noStore();
  }

  private static String text(Parameters form, String field) {
    String value = form.one(field);
    return value == null ? "" : value.strip();
  }

  private static @Nullable Long bound(Limit limit, String text) {
    if (limit.unit() == Unit.COST_MICROS) {
      return DECIMAL.matcher(text).matches()
          ? Long.valueOf(new BigDecimal(text).movePointRight(MICROS_DIGITS).longValueExact())
          : null;
    }
    return WHOLE.matcher(text).matches() ? Long.valueOf(text) : null;
  }

  /// Null when they are none.
  private static @Nullable List<Integer> thresholds(Parameters form, Budget current) {
    String text = text(form, "thresholds");
    if (text.isEmpty()) {
      return current.thresholds();
    }
    if (!PERCENTS.matcher(text).matches()) {
      return null;
    }
    TreeSet<Integer> percents = new TreeSet<>();
    for (String percent : text.split("[ ,]+", -1)) {
      percents.add(Integer.parseInt(percent));
    }
    boolean fits =
        percents.first() >= 1
            && percents.last() <= PERCENT
            && percents.size() <= Budget.THRESHOLDS_MAX;
    return fits ? List.copyOf(percents) : null;
  }

  private void record(
      Visit visit, HttpRequest request, AccountId account, Limit limit, @Nullable Long bound) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("account", account.key());
    details.put("limit", limit.wire());
    details.put("bound", bound == null ? "none" : Long.toString(bound));
    String type = bound == null ? "budget.removed" : "budget.changed";
    audit.append(List.of(visit.event(request, type, null, "ok", details)));
  }
}

package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.budget.BudgetStates.State;
import dev.mandate.domain.budget.BudgetStore.Budget;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.user.UserId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tells that an account reached a threshold of a limit, or is above it, once a window: every node
/// looks, the notice is kept once. Looks at the ledger, so that nothing is lost with a process.
public final class BudgetAlerts {
  /// Between two looks.
  public static final Duration TICK = Duration.ofSeconds(5);

  static final int BUDGETS_AT_ONCE = 200;

  private static final int ACCOUNT_CHARACTERS_MAX = 160;
  private static final int TOLD_MAX = 10_000;
  private static final long PERCENT = 100;

  private final TenantStore tenants;
  private final BudgetStore budgets;
  private final BudgetStates states;
  private final Notices notices;
  private final InstantSource clock;
  private @Nullable Instant last;

  /// What this process has told already: spares the store the question.
  private final Map<String, Boolean> told =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > TOLD_MAX;
        }
      };

  public BudgetAlerts(
      TenantStore tenants,
      BudgetStore budgets,
      LedgerStore ledger,
      Notices notices,
      InstantSource clock) {
    this.tenants = tenants;
    this.budgets = budgets;
    this.states = BudgetStates.settled(ledger);
    this.notices = notices;
    this.clock = clock;
  }

  /// Looks at all budgets; throws what the stores throw, and the next look makes up for it.
  public synchronized void tick() {
    Instant now = clock.instant();
    for (Tenant tenant : tenants.all()) {
      String after = null;
      List<Budget> page;
      do {
        page = budgets.page(tenant.id(), after, BUDGETS_AT_ONCE);
        look(tenant, page, now);
        // What was spent at the end of a window is in the ledger when the next one is open.
        if (last != null && !windows(tenant, last).equals(windows(tenant, now))) {
          look(tenant, page, last);
        }
        after = page.isEmpty() ? null : page.getLast().account().key();
      } while (page.size() == BUDGETS_AT_ONCE);
    }
    last = now;
  }

  private static CalendarWindows windows(Tenant tenant, Instant at) {
    return CalendarWindows.at(tenant.zone(), at);
  }

  private void look(Tenant tenant, List<Budget> page, Instant at) {
    for (BudgetStates.Standing standing : states.read(page, tenant.zone(), at)) {
      for (State state : standing.states()) {
        if (state.bound() > 0) {
          for (int threshold : standing.budget().thresholds()) {
            // Never rounded up, never overflowing.
            if (state.spent() >= Math.ceilDiv(threshold * state.bound(), PERCENT)) {
              tell(standing.budget(), state, threshold);
            }
          }
        }
        if (state.spent() > state.bound()) {
          tellOverdraft(standing.budget(), state);
        }
      }
    }
  }

  private void tell(Budget budget, State state, int threshold) {
    tell(
        budget,
        Notice.Kind.BUDGET_THRESHOLD,
        once(budget, state) + "/" + threshold,
        "%s reached %d %% of its budget of %s: %d of %d are spent%s"
            .formatted(
                budget.account().key(),
                threshold,
                state.limit().words(),
                state.spent(),
                state.bound(),
                until(state)));
  }

  private void tellOverdraft(Budget budget, State state) {
    tell(
        budget,
        Notice.Kind.BUDGET_OVERDRAFT,
        once(budget, state),
        "%s is above its budget of %s: %d are spent of %d, so no call is admitted%s"
            .formatted(
                budget.account().key(),
                state.limit().words(),
                state.spent(),
                state.bound(),
                until(state)));
  }

  private static String until(State state) {
    return state.resetsAt() == null ? "" : " until " + state.resetsAt();
  }

  /// A limit that was changed is another one.
  private static String once(Budget budget, State state) {
    String account = budget.account().key();
    if (account.length() > ACCOUNT_CHARACTERS_MAX) {
      account =
          account.substring(0, ACCOUNT_CHARACTERS_MAX)
              + "~"
              + Integer.toHexString(account.hashCode());
    }
    Limit limit = state.limit();
    return account + "/" + limit.wire() + "/" + state.window() + "/" + state.bound();
  }

  private void tell(Budget budget, Notice.Kind kind, String once, String text) {
    String known = budget.account().tenant() + " " + kind.wire() + " " + once;
    if (told.containsKey(known)) {
      return;
    }
    String key = budget.account().key();
    UserId person = budget.account().holder().equals("user") ? new UserId(key.substring(5)) : null;
    String subject = key.substring(0, Math.min(key.length(), ACCOUNT_CHARACTERS_MAX));
    notices.tell(budget.account().tenant(), kind, once, subject, person, text);
    told.put(known, true);
  }
}

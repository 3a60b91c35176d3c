package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.BudgetStore.Budget;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// How accounts stand, for people: what is spent, what open calls and nodes hold, what is left.
public final class BudgetStates {
  /// What a node holds of which nothing was heard for this long is forfeited, as long as it doesn't
  /// come back.
  static final Duration FORFEITED_AFTER = Duration.ofMinutes(1);

  /// A limit in the window that is open.
  ///
  /// @param spent by calls that are settled
  /// @param reserved by open calls and, between nodes, in leases
  /// @param forfeited in leases of nodes that are gone
  /// @param resetsAt null for the one without an end
  public record State(
      Limit limit,
      Period period,
      long window,
      long bound,
      long spent,
      long reserved,
      long forfeited,
      long remaining,
      @Nullable Instant resetsAt) {}

  /// @param spent whether or not it is bounded
  public record Standing(Budget budget, LedgerStore.Spent spent, List<State> states) {}

  private record Held(long living, long gone) {
    static final Held NOTHING = new Held(0, 0);

    Held plus(Held other) {
      return new Held(living + other.living, gone + other.gone);
    }
  }

  private final LedgerStore ledger;
  private final @Nullable LeaseStore leases;
  private final @Nullable Function<Account, Budgets.Room> here;

  /// @param here what is left of an account as this node knows, open calls included
  public BudgetStates(LedgerStore ledger, LeaseStore leases, Function<Account, Budgets.Room> here) {
    this.ledger = ledger;
    this.leases = leases;
    this.here = here;
  }

  private BudgetStates(LedgerStore ledger) {
    this.ledger = ledger;
    this.leases = null;
    this.here = null;
  }

  public static BudgetStates of(LedgerStore ledger, LeaseStore leases, Budgets budgets) {
    return new BudgetStates(
        ledger,
        leases,
        account -> {
          budgets.load(List.of(account.id()));
          return budgets.room(List.of(account), false);
        });
  }

  /// As far as the ledger says: nothing is reserved or forfeited.
  public static BudgetStates settled(LedgerStore ledger) {
    return new BudgetStates(ledger);
  }

  /// In the order of `budgets`.
  public List<Standing> read(List<Budget> budgets, ZoneId zone, Instant now) {
    Map<AccountId, LedgerStore.Spent> spent =
        ledger.spent(budgets.stream().map(Budget::account).toList());
    List<Standing> standings = new ArrayList<>();
    for (Budget one : budgets) {
      LedgerStore.Spent of = spent.getOrDefault(one.account(), LedgerStore.Spent.NOTHING);
      standings.add(new Standing(one, of, states(one, of, zone, now)));
    }
    return standings;
  }

  private List<State> states(Budget budget, LedgerStore.Spent spent, ZoneId zone, Instant now) {
    if (budget.limits().equals(Limits.NONE)) {
      return List.of();
    }
    Calendar calendar = Calendar.at(zone, now.toEpochMilli());
    Map<LeaseStore.Window, Held> held = held(budget.account(), now);
    List<State> states = new ArrayList<>();
    for (Limit limit : budget.limits().bounded()) {
      Period period = limit.period();
      if (period != null) {
        long id = calendar.windows().id(period);
        Held of =
            held.getOrDefault(new LeaseStore.Window(budget.account(), limit, id), Held.NOTHING);
        long used = spent.in(period, calendar.windows()).of(limit.unit());
        states.add(state(budget, limit, period, calendar, used, of));
      }
    }
    return states;
  }

  private State state(
      Budget budget, Limit limit, Period period, Calendar calendar, long spent, Held held) {
    long bound = budget.limits().most(limit);
    long left = here == null ? Long.MAX_VALUE : left(budget, limit, calendar.zone(), here);
    long remaining = Math.max(0, Math.min(left, bound - spent - held.living - held.gone));
    long reserved = Math.max(0, bound - spent - held.gone - remaining);
    return new State(
        limit,
        period,
        calendar.windows().id(period),
        bound,
        spent,
        reserved,
        held.gone,
        remaining,
        period == Period.TOTAL ? null : Instant.ofEpochMilli(calendar.endMillis(period)));
  }

  private static long left(
      Budget budget, Limit limit, ZoneId zone, Function<Account, Budgets.Room> here) {
    Limits only = Limits.of(Map.of(limit, budget.limits().most(limit)));
    Budgets.Room room = here.apply(new Account(budget.account(), only, zone));
    return switch (limit.unit()) {
      case REQUESTS -> room.requests();
      case TOKENS -> room.tokens();
      case COST_MICROS -> room.costMicros();
    };
  }

  private Map<LeaseStore.Window, Held> held(AccountId account, Instant now) {
    Map<LeaseStore.Window, Held> held = new HashMap<>();
    if (leases == null) {
      return held;
    }
    for (LeaseStore.Held one : leases.held(account)) {
      boolean gone = one.lastSeen().plus(FORFEITED_AFTER).isBefore(now);
      Held part = gone ? new Held(0, one.amount()) : new Held(one.amount(), 0);
      held.merge(one.window(), part, Held::plus);
    }
    return held;
  }
}

package dev.mandate.domain.budget;

import dev.mandate.domain.upstream.Usage;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// See [Budgets#insteadOf].
record Moving(LocalBudgets budgets, Hold from) implements Budgets {
  @Override
  public void load(List<AccountId> accounts) {
    budgets.load(accounts);
  }

  @Override
  public Room room(List<Account> path, boolean atHand) {
    return budgets.room(from, path, atHand);
  }

  @Override
  public Outcome reserve(Call call, List<Account> path, Amount worst) {
    return budgets.move(from, call, path, worst);
  }

  @Override
  public CompletableFuture<Refilled> refill(List<Account> path, Amount least, Amount most) {
    return budgets.refill(path, least, most);
  }

  @Override
  public void started(Reservation reservation) {
    budgets.started(reservation);
  }

  @Override
  public void settle(
      Reservation reservation, Usage usage, long costMicros, String outcome, boolean estimated) {
    budgets.settle(reservation, usage, costMicros, outcome, estimated);
  }

  @Override
  public void release(Reservation reservation) {
    budgets.release(reservation);
  }

  @Override
  public Budgets insteadOf(Reservation held) {
    return budgets.insteadOf(held);
  }
}

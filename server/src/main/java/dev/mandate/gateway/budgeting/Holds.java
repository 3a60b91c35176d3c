package dev.mandate.gateway.budgeting;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.budget.Account;
import dev.mandate.domain.budget.Amount;
import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.prompting.Prompt;
import dev.mandate.gateway.routing.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds the worst case of a call, narrowing its output where the model's maximum doesn't fit.
public final class Holds {
  /// Others may take from the same accounts between looking and reserving.
  private static final int ATTEMPTS = 3;

  /// Accounts of the caller itself.
  private static final Set<String> OWN = Set.of("user", "mandate", "api_key");

  private static final Price FREE = new Price(0, 0, 0, 0, 0);

  private static final Logger log = LoggerFactory.getLogger(Holds.class);

  private final Budgets budgets;

  public Holds(Budgets budgets) {
    this.budgets = budgets;
  }

  /// What is to be called.
  public record Wish(Provider provider, Endpoint endpoint, Model model, Prompt prompt) {}

  /// What came of it.
  public sealed interface Taken {}

  /// What is held for a call.
  ///
  /// @param cap output tokens of one answer
  /// @param injectCap whether the cap must be put into the body
  public record Hold(Budgets.Reservation reservation, Worst worst, long cap, boolean injectCap)
      implements Taken {}

  /// Nothing is held: more must be fetched first, which takes time.
  ///
  /// @param least without which it is of no use
  public record Missing(Amount least, Amount most) implements Taken {}

  /// The tokens that a call counts with against rate limits until its true ones are known: its
  /// input at most, and what it asks for. Where it names no cap, its output counts when it has
  /// come, as providers do it: every call would look like the model's maximum otherwise.
  public static long tokens(Wish wish) {
    if (wish.endpoint().isFree()) {
      return 0;
    }
    Worst worst = Worst.of(wish.provider(), wish.endpoint(), wish.model(), wish.prompt());
    Long asked = wish.endpoint().embeds() ? Long.valueOf(0) : wish.prompt().outputCap();
    return worst.amount(asked == null ? 0 : asked).tokens();
  }

  /// Fetches what was short.
  public CompletableFuture<Budgets.Refilled> refill(List<Account> path, Missing wanted) {
    return budgets.refill(path, wanted.least(), wanted.most());
  }

  /// @param refilled what came of the refill, where one was needed before
  /// @throws Refusal when it doesn't fit; then nothing is held
  public Taken take(Call call, List<Account> path, Wish wish, Budgets.@Nullable Refilled refilled) {
    Endpoint endpoint = wish.endpoint();
    Model model = wish.model();
    if (endpoint.isFree()) {
      // Free of tokens and money; the request counts.
      Worst nothing = Worst.nothing(model.price());
      return exactly(call, path, nothing, 0, refilled);
    }
    Worst worst = Worst.of(wish.provider(), endpoint, model, wish.prompt());
    if (endpoint.embeds()) {
      return exactly(call, path, worst, 0, refilled);
    }
    if (endpoint.isMedia()) {
      return exactly(call, path, worst, model.outputTokensMax(), refilled);
    }
    Long asked = wish.prompt().outputCap();
    return asked == null
        ? atMost(call, path, worst, model.outputTokensMax(), leastCap(endpoint), refilled)
        : exactly(call, path, worst, asked, refilled);
  }

  /// Holds the one request that a call is which has no model run.
  ///
  /// @throws Refusal when it doesn't fit; then nothing is held
  public Taken takeRequest(Call call, List<Account> path, Budgets.@Nullable Refilled refilled) {
    return exactly(call, path, Worst.nothing(FREE), 0, refilled);
  }

  private Taken exactly(
      Call call, List<Account> path, Worst worst, long cap, Budgets.@Nullable Refilled refilled) {
    Amount amount = worst.amount(cap);
    Budgets.Outcome outcome = budgets.reserve(call, path, amount);
    return outcome instanceof Budgets.Outcome.NotAtHand
        ? fetch(path, new Missing(amount, amount), refilled)
        : held(outcome, path, worst, cap, false);
  }

  private Taken atMost(
      Call call,
      List<Account> path,
      Worst worst,
      long most,
      long least,
      Budgets.@Nullable Refilled refilled) {
    Budgets.Outcome outcome = budgets.reserve(call, path, worst.amount(most));
    if (outcome instanceof Budgets.Outcome.Held
        || outcome instanceof Budgets.Outcome.Unavailable
        || isAboutRequests(outcome)) {
      return held(outcome, path, worst, most, false);
    }
    if (outcome instanceof Budgets.Outcome.NotAtHand && refilled == null) {
      return new Missing(worst.amount(least), worst.amount(most));
    }
    for (int i = 0; i < ATTEMPTS; i++) {
      // Before a refill, what it could bring counts: else the cap would be smaller than it must be.
      Budgets.Room room = budgets.room(path, refilled != null);
      long cap = Math.min(most, worst.largestCap(room.tokens(), room.costMicros()));
      if (cap < least) {
        break;
      }
      outcome = budgets.reserve(call, path, worst.amount(cap));
      if (outcome instanceof Budgets.Outcome.Held) {
        return held(outcome, path, worst, cap, true);
      }
      if (outcome instanceof Budgets.Outcome.NotAtHand && refilled == null) {
        return new Missing(worst.amount(least), worst.amount(cap));
      }
    }
    // The answer names the limit that even the smallest answer runs into.
    outcome = budgets.reserve(call, path, worst.amount(least));
    return outcome instanceof Budgets.Outcome.NotAtHand
        ? fetch(path, new Missing(worst.amount(least), worst.amount(most)), refilled)
        : held(outcome, path, worst, least, true);
  }

  /// @throws Refusal when fetching was of no use already
  private static Missing fetch(
      List<Account> path, Missing wanted, Budgets.@Nullable Refilled refilled) {
    return switch (refilled) {
      // Another call was quicker.
      case Budgets.Refilled.Ready _ -> wanted;
      case Budgets.Refilled.Refused(Budgets.Outcome.Over over) ->
          throw refusal(over, path, wanted.least());
      case Budgets.Refilled.Failed(String reason) -> throw unavailable(reason);
      case null -> wanted;
    };
  }

  private static boolean isAboutRequests(Budgets.Outcome outcome) {
    return outcome instanceof Budgets.Outcome.Over over && over.limit().unit() == Unit.REQUESTS;
  }

  /// OpenAI's Responses API refuses a smaller cap than 16.
  private static long leastCap(Endpoint endpoint) {
    return endpoint == Endpoint.RESPONSES_CREATE ? 16 : 1;
  }

  private static Hold held(
      Budgets.Outcome outcome, List<Account> path, Worst worst, long cap, boolean inject) {
    return switch (outcome) {
      case Budgets.Outcome.Held held -> new Hold(held.reservation(), worst, cap, inject);
      case Budgets.Outcome.Over over -> throw refusal(over, path, worst.amount(cap));
      case Budgets.Outcome.Unavailable unavailable -> throw unavailable(unavailable.reason());
      case Budgets.Outcome.NotAtHand _ -> throw new IllegalStateException("nothing was fetched");
    };
  }

  private static Refusal unavailable(String reason) {
    log.error("no budget can be held: {}", reason);
    return Refusal.of(
        Refusal.Code.OVERLOADED, "spending can't be recorded at the moment, try again");
  }

  private static Refusal refusal(Budgets.Outcome.Over over, List<Account> path, Amount needed) {
    Limit limit = over.limit();
    long need =
        switch (limit.unit()) {
          case REQUESTS -> 1;
          case TOKENS -> needed.tokens();
          case COST_MICROS -> needed.costMicros();
        };
    String holder = over.account().holder();
    // How much of what others share is left is not for every caller to know.
    String left = "more than is left";
    if (OWN.contains(holder)) {
      long bound =
          path.stream()
              .filter(account -> account.id().equals(over.account()))
              .mapToLong(account -> account.limits().most(limit))
              .findFirst()
              .orElseThrow();
      left = "%d are left of %d".formatted(Math.max(0, over.room()), bound);
    }
    Duration wait = over.retryAfter();
    return Refusal.overBudget(
        limit,
        holder,
        "the %s's limit %s (%s) does not fit this call: it takes up to %d, %s%s"
            .formatted(
                holder,
                limit.wire(),
                limit.words(),
                need,
                left,
                wait == null ? "" : "; it begins anew in " + wait.toSeconds() + " s"),
        wait);
  }
}

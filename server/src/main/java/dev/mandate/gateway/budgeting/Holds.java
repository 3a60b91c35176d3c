package dev.mandate.gateway.budgeting;

import dev.mandate.domain.budget.Account;
import dev.mandate.domain.budget.Amount;
import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.Limit;
import dev.mandate.domain.upstream.Model;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.prompting.Prompt;
import dev.mandate.gateway.routing.Endpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds the worst case of a call, narrowing its output where the model's maximum doesn't fit.
public final class Holds {
  /// Others may take from the same accounts between looking and reserving.
  private static final int ATTEMPTS = 3;

  private static final Logger log = LoggerFactory.getLogger(Holds.class);

  private final Budgets budgets;

  public Holds(Budgets budgets) {
    this.budgets = budgets;
  }

  /// What is held for a call.
  ///
  /// @param cap output tokens of one answer
  /// @param injectCap whether the cap must be put into the body
  public record Hold(Budgets.Reservation reservation, Worst worst, long cap, boolean injectCap) {}

  /// @throws Refusal when it doesn't fit; then nothing is held
  public Hold take(Call call, List<Account> path, Endpoint endpoint, Model model, Prompt prompt) {
    if (endpoint == Endpoint.COUNT_TOKENS) {
      // Free of tokens and money; the request counts.
      Worst nothing = new Worst(0, 1, 0, 0, model.price());
      return held(budgets.reserve(call, path, new Amount(0, 0)), nothing, 0, false);
    }
    Worst worst = Worst.of(endpoint, model, prompt);
    if (endpoint == Endpoint.EMBEDDINGS) {
      return held(budgets.reserve(call, path, worst.amount(0)), worst, 0, false);
    }
    Long asked = prompt.outputCap();
    long cap = asked == null ? model.outputTokensMax() : asked;
    Budgets.Outcome outcome = budgets.reserve(call, path, worst.amount(cap));
    if (asked != null
        || outcome instanceof Budgets.Outcome.Held
        || outcome instanceof Budgets.Outcome.Unavailable
        || isAboutRequests(outcome)) {
      return held(outcome, worst, cap, false);
    }
    long least = leastCap(endpoint);
    for (int i = 0; i < ATTEMPTS; i++) {
      Budgets.Room room = budgets.room(path);
      cap = Math.min(model.outputTokensMax(), worst.largestCap(room.tokens(), room.costMicros()));
      if (cap < least) {
        break;
      }
      outcome = budgets.reserve(call, path, worst.amount(cap));
      if (outcome instanceof Budgets.Outcome.Held) {
        return held(outcome, worst, cap, true);
      }
    }
    // The answer names the limit that even the smallest answer runs into.
    return held(budgets.reserve(call, path, worst.amount(least)), worst, least, true);
  }

  private static boolean isAboutRequests(Budgets.Outcome outcome) {
    return outcome instanceof Budgets.Outcome.Over over && over.limit() == Limit.REQUESTS;
  }

  /// OpenAI's Responses API refuses a smaller cap than 16.
  private static long leastCap(Endpoint endpoint) {
    return endpoint == Endpoint.RESPONSES_CREATE ? 16 : 1;
  }

  /// The member that caps the output, for endpoints where one may be left out.
  public static @Nullable String capMember(Endpoint endpoint) {
    return switch (endpoint) {
      case CHAT_COMPLETIONS -> "max_completion_tokens";
      case RESPONSES_CREATE -> "max_output_tokens";
      case MESSAGES_CREATE -> "max_tokens";
      case EMBEDDINGS,
          COUNT_TOKENS,
          OPENAI_MODELS,
          OPENAI_MODEL,
          ANTHROPIC_MODELS,
          ANTHROPIC_MODEL ->
          null;
    };
  }

  private static Hold held(Budgets.Outcome outcome, Worst worst, long cap, boolean inject) {
    return switch (outcome) {
      case Budgets.Outcome.Held held -> new Hold(held.reservation(), worst, cap, inject);
      case Budgets.Outcome.Over over -> throw refusal(over, worst.amount(cap));
      case Budgets.Outcome.Unavailable unavailable -> {
        log.error("no budget can be held: {}", unavailable.reason());
        throw Refusal.of(
            Refusal.Code.OVERLOADED, "spending can't be recorded at the moment, try again");
      }
    };
  }

  private static Refusal refusal(Budgets.Outcome.Over over, Amount needed) {
    long need =
        switch (over.limit()) {
          case REQUESTS -> 1;
          case TOKENS_PER_REQUEST, TOKENS_PER_DAY -> needed.tokens();
          case COST_MICROS -> needed.costMicros();
        };
    String holder = over.account().holder();
    // How much the tenant has left is not for every caller to know.
    String left =
        holder.equals("tenant") ? "more than is left" : Math.max(0, over.room()) + " are left";
    return Refusal.overBudget(
        over.limit(),
        holder,
        "the %s's limit %s does not fit this call: it takes up to %d, %s"
            .formatted(holder, over.limit().wire(), need, left),
        over.retryAfter());
  }
}

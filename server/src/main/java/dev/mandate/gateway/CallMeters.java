package dev.mandate.gateway;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateUnit;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Resilience.Cause;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.platform.metrics.Counters;
import dev.mandate.platform.metrics.Label;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.metrics.Timers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What is counted of calls. Labels are constants of ours, and names of upstreams up to a bound.
public final class CallMeters {
  private static final int UPSTREAMS_MAX = 50;
  private static final int CATEGORIES_MAX = 50;

  /// What a call that was answered or sent ends with, beside the codes of refusals.
  private static final List<String> ENDS = List.of("ok", "upstream_error", "hung_up", "unsent");

  private final Label<Provider> provider = Label.of("provider", Provider.class, Provider::wire);
  private final Label<Endpoint> endpoint =
      Label.of("endpoint", Endpoint.class, e -> e.name().toLowerCase(Locale.ROOT));
  private final Label<String> outcome = Label.texts("outcome", outcomes());
  private final Label<Boolean> streamed = Label.flag("streamed");
  private final Label<String> upstream = Label.first("upstream", UPSTREAMS_MAX);
  private final Label<String> direction = Label.texts("direction", List.of("input", "output"));
  private final Label<String> category = Label.first("category", CATEGORIES_MAX);
  private final Label<String> decision = Label.texts("decision", decisions());
  private final Label<Cause> cause = Label.of("cause", Cause.class, Cause::wire);
  private final Label<Limit> limit = Label.of("limit", Limit.class, Limit::wire);
  private final Label<RateUnit> rate = Label.of("limit", RateUnit.class, RateUnit::wire);
  private final Label<String> holder =
      Label.texts("limit_of", Arrays.stream(RateHolder.values()).map(RateHolder::wire).toList());
  private final int input = direction.at("input");
  private final int output = direction.at("output");

  private final GenAiMeters genAi;
  private final Counters calls;
  private final Timers took;
  private final Timers firstByte;
  private final Timers overhead;
  private final Counters tokens;
  private final Counters cost;
  private final Counters estimated;
  private final Counters overBudget;
  private final Counters prompts;
  private final Counters fallbacks;
  private final Counters overRate;

  CallMeters(Meters meters) {
    genAi = new GenAiMeters(meters);
    calls =
        meters.counters(
            "mandate.gateway.calls",
            "Calls by their end: ok, upstream_error, hung_up, unsent, or the code of the refusal;"
                + " a refused call counts as not streamed",
            provider,
            endpoint,
            outcome,
            streamed);
    took =
        meters.timers(
            "mandate.gateway.call",
            "Calls that went to an upstream, from the first byte of the request to their"
                + " settlement",
            Meters.Buckets.REMOTE,
            provider,
            endpoint,
            streamed);
    firstByte =
        meters.timers(
            "mandate.gateway.first.byte",
            "From the request sent to an upstream to the first byte of its answer",
            Meters.Buckets.REMOTE,
            provider,
            endpoint);
    overhead =
        meters.timers(
            "mandate.gateway.overhead",
            "From the first byte of a request until it may go to the upstream, without the time"
                + " that the caller took to send its body",
            Meters.Buckets.LOCAL,
            provider);
    tokens =
        meters.counters(
            "mandate.gateway.tokens",
            "Tokens that were booked, cached input included",
            provider,
            upstream,
            direction);
    cost =
        meters.counters(
            "mandate.gateway.cost.micros",
            "Cost that was booked, in millionths of the price list's currency unit",
            provider,
            upstream);
    estimated =
        meters.counters(
            "mandate.gateway.estimated",
            "Calls that were booked at our bound, because the provider reported no usage",
            provider);
    fallbacks =
        meters.counters(
            "mandate.gateway.fallbacks",
            "Calls that went to another upstream, by why their own did not serve them",
            cause);
    overBudget =
        meters.counters(
            "mandate.gateway.budget.refusals", "Calls that did not fit a budget, by limit", limit);
    overRate =
        meters.counters(
            "mandate.gateway.rate.refusals",
            "Calls that did not fit a rate limit, by what it counts and whose it is",
            rate,
            holder);
    prompts =
        meters.counters(
            "mandate.gateway.prompts",
            "Prompts that were looked at, by category and what was decided; one with several"
                + " categories counts for each, and one with none as none",
            category,
            decision);
  }

  private static List<String> decisions() {
    return List.of(
        "allowed",
        Refusal.Code.PROMPT_CATEGORY_NOT_ALLOWED.wire(),
        Refusal.Code.PROMPT_CATEGORY_CONTRADICTED.wire(),
        Refusal.Code.PROMPT_CATEGORY_UNKNOWN.wire(),
        Refusal.Code.PROMPT_NOT_CLASSIFIED.wire(),
        Refusal.Code.PROMPT_TOO_LONG_TO_CLASSIFY.wire(),
        Refusal.Code.APPROVAL_REQUIRED.wire());
  }

  private static List<String> outcomes() {
    List<String> all = new ArrayList<>(ENDS);
    for (Refusal.Code code : Refusal.Code.values()) {
      all.add(code.wire());
    }
    return all;
  }

  public GenAiMeters genAi() {
    return genAi;
  }

  /// A call that was refused before it went out.
  void refused(Provider at, @Nullable Endpoint asked, Refusal why) {
    calls.add(1, provider.at(at), endpoint.at(asked), outcome.at(why.code().wire()), 0);
    if (why.limit() != null) {
      overBudget.add(1, limit.at(why.limit()));
    }
    if (why.rate() != null && why.limitOf() != null) {
      overRate.add(1, rate.at(why.rate()), holder.at(why.limitOf()));
    }
  }

  /// A prompt was looked at.
  ///
  /// @param named the tenant's names of what it is about
  /// @param why code of the refusal; null when it may go out
  public void prompt(Collection<String> named, Refusal.@Nullable Code why) {
    int decided = decision.at(why == null ? "allowed" : why.wire());
    if (named.isEmpty()) {
      prompts.add(1, category.at("none"), decided);
    }
    for (String name : named) {
      prompts.add(1, category.at(name), decided);
    }
  }

  /// A call that the gateway answered by itself.
  void answered(Provider at, Endpoint asked) {
    calls.add(1, provider.at(at), endpoint.at(asked), outcome.at("ok"), 0);
  }

  /// A call goes to another upstream.
  void fellBack(Cause why) {
    fallbacks.add(1, cause.at(why));
  }

  /// A call may go out.
  public void admitted(Provider to, long overheadNanos) {
    overhead.record(overheadNanos, provider.at(to));
  }

  /// The upstream began to answer.
  public void firstByte(Provider from, Endpoint asked, long nanos) {
    firstByte.record(nanos, provider.at(from), endpoint.at(asked));
  }

  /// A call that went out, or was about to, is over.
  ///
  /// @param end as booked, or the code of what ended it
  public void ended(Provider to, Endpoint asked, boolean stream, String end, long nanos) {
    int at = provider.at(to);
    int where = endpoint.at(asked);
    calls.add(1, at, where, outcome.at(end), streamed.at(stream));
    took.record(nanos, at, where, streamed.at(stream));
  }

  /// What it took was booked.
  public void booked(
      Provider at, String upstreamName, Usage usage, long costMicros, boolean estimate) {
    int provided = provider.at(at);
    int named = upstream.at(upstreamName);
    tokens.add(usage.allInput(), provided, named, input);
    tokens.add(usage.output(), provided, named, output);
    cost.add(costMicros, provided, named);
    if (estimate) {
      estimated.add(1, provided);
    }
  }
}

package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.RateLimitStore;
import dev.mandate.domain.ratelimit.RateSubjects;
import dev.mandate.domain.ratelimit.RateUnit;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/rate_limits`: how fast callers may call. A change holds for the next call, on every
/// node.
public final class RateLimitsApi {
  private static final Problem THERE =
      new Problem(409, "rate_limit_exists", "There is a rate limit for the same calls");

  private static final Problem TOO_MANY =
      new Problem(
          409,
          "too_many_rate_limits",
          "A tenant has at most " + RateLimitStore.PER_TENANT_MAX + " rate limits");

  private static final Schema HOLDER =
      Schema.oneOf(Arrays.stream(RateHolder.values()).map(RateHolder::wire).toList())
          .describe("Whose calls it counts together.");

  private static final Schema SUBJECT =
      Schema.string(1, Schema.CHARACTERS_MAX)
          .describe(
              "The id of the user, client, mandate or API key. Absent: the limit of each one that"
                  + " has none of its own.");

  private static final Schema MODEL =
      Schema.pattern("^\\S+$", Schema.CHARACTERS_MAX)
          .describe("Counts only calls of this model. Absent: the sum of all.");

  private static final Schema RATE = Schema.integer(0, Rates.MAX);

  private static final Schema LIMIT =
      rates(
              Schema.answer("RateLimit", "How fast may be called.")
                  .with("id", Schema.text())
                  .with("holder", HOLDER)
                  .maybe("subject", SUBJECT)
                  .maybe("model", MODEL))
          .with(
              "configured",
              Schema.flag()
                  .describe("Set by the configuration file, which sets it again at each start."))
          .with("created_at", Schema.instant());

  private static final Schema NEW_LIMIT =
      rates(
              Schema.body("NewRateLimit", "How fast may be called; at least one rate.")
                  .with("holder", HOLDER)
                  .maybe("subject", SUBJECT)
                  .maybe("model", MODEL))
          .example(
              Map.of("holder", "user", "requests_per_minute", 60, "tokens_per_minute", 100_000));

  private static final Schema SETTINGS =
      rates(Schema.body("RateLimitSettings", "Its rates; what is absent is not limited."));

  private final RateLimitStore limits;
  private final RateSubjects subjects;
  private final TokenSource ids;

  public RateLimitsApi(RateLimitStore limits, RateSubjects subjects, TokenSource ids) {
    this.limits = limits;
    this.subjects = subjects;
    this.ids = ids;
  }

  private static Schema rates(Schema schema) {
    return schema
        .maybe(RateUnit.REQUESTS.wire(), RATE.describe("Calls; so many may also come at once."))
        .maybe(
            RateUnit.TOKENS.wire(),
            RATE.describe("Input and output; so many may also come at once."))
        .maybe(
            RateUnit.CALLS.wire(),
            RATE.describe("Calls under way at a time, streams until their end."));
  }

  public List<Operation> operations() {
    Single<RateLimit> one =
        new Single<>(
            "/rate_limits/{rate_limit_id}",
            LIMIT,
            call -> limits.find(call.tenant(), call.path("rate_limit_id")),
            (_, limit) -> json(limit));
    return List.of(
        Operation.list("listRateLimits", AdminScope.BUDGETS_READ, "/rate_limits", LIMIT, this::page)
            .says("Lists how fast callers may call"),
        Operation.create(
                "addRateLimit",
                AdminScope.BUDGETS_WRITE,
                "/rate_limits",
                NEW_LIMIT,
                LIMIT,
                this::add)
            .says("Adds a rate limit")
            .audited("rate_limit.added")
            .mayRefuse(THERE, TOO_MANY),
        Operation.read("readRateLimit", AdminScope.BUDGETS_READ, one).says("Reads a rate limit"),
        Operation.replace(
                "setRateLimit",
                AdminScope.BUDGETS_WRITE,
                one,
                SETTINGS,
                (_, current, body) -> current.withRates(read(body)),
                (expected, replacement) -> limits.replace(expected, replacement.rates()))
            .says("Sets the rates of a rate limit, for the next call on")
            .audited("rate_limit.changed"),
        Operation.remove(
                "removeRateLimit",
                AdminScope.BUDGETS_WRITE,
                one,
                (call, limit) -> limits.delete(call.tenant(), limit.id()))
            .says("Removes a rate limit")
            .audited("rate_limit.removed"));
  }

  private Page page(Call call, Page.Range range) {
    return Page.of(
        limits.page(call.tenant(), range.after(), range.rows()),
        range,
        RateLimitsApi::json,
        RateLimit::id);
  }

  private Made add(Call call, ObjectNode body) {
    RateHolder holder = RateHolder.ofWire(body.required("holder").asText());
    if (holder == null) {
      throw Problem.member("/holder", "is not known");
    }
    String subject = text(body, "subject");
    if (subject != null && holder == RateHolder.TENANT) {
      throw Problem.member("/subject", "is of no use: the tenant is one");
    }
    if (subject != null && !subjects.exists(call.tenant(), holder, subject)) {
      throw Problem.member("/subject", "is not the id of a " + holder.wire());
    }
    RateLimit limit =
        new RateLimit(
            call.tenant(),
            ids.id("rl"),
            holder,
            subject,
            text(body, "model"),
            read(body),
            false,
            call.now().truncatedTo(ChronoUnit.MILLIS));
    return switch (limits.insert(limit)) {
      case DONE -> Made.of(json(limit));
      case THERE -> throw THERE.because("change that one");
      case FULL -> throw TOO_MANY.because("remove one first");
    };
  }

  private static @Nullable String text(ObjectNode body, String member) {
    return body.has(member) ? body.required(member).asText() : null;
  }

  /// @throws dev.mandate.admin.operation.Refused without a rate: it would limit nothing
  private static Rates read(ObjectNode body) {
    Rates rates =
        new Rates(
            rate(body, RateUnit.REQUESTS), rate(body, RateUnit.TOKENS), rate(body, RateUnit.CALLS));
    if (rates.equals(Rates.NONE)) {
      throw Problem.member("/" + RateUnit.REQUESTS.wire(), "or another rate is needed");
    }
    return rates;
  }

  private static @Nullable Long rate(ObjectNode body, RateUnit unit) {
    return body.has(unit.wire()) ? Long.valueOf(body.required(unit.wire()).asLong()) : null;
  }

  private static ObjectNode json(RateLimit limit) {
    ObjectNode node = Json.object().put("id", limit.id()).put("holder", limit.holder().wire());
    if (limit.subject() != null) {
      node.put("subject", limit.subject());
    }
    if (limit.model() != null) {
      node.put("model", limit.model());
    }
    for (RateUnit unit : RateUnit.values()) {
      Long rate = limit.rates().of(unit);
      if (rate != null) {
        node.put(unit.wire(), rate);
      }
    }
    return node.put("configured", limit.configured())
        .put("created_at", limit.createdAt().toString());
  }
}

package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.budget.Tags;
import dev.mandate.domain.budget.UsageStore;
import dev.mandate.domain.budget.UsageStore.Used;
import dev.mandate.platform.json.Json;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;

/// `/admin/v1/usage`: what was used, told apart by model, client, user, upstream, or by a tag that
/// callers give their calls. Sums over days; single calls are in the ledger.
public final class UsageApi {
  /// Days without a `from`.
  private static final int DAYS_DEFAULT = 30;

  /// In one sum.
  private static final int DAYS_MAX = 400;

  private static final Schema USED =
      Schema.answer("Used", "What was used under one name, over the days that were asked for.")
          .with(
              "id",
              Schema.text()
                  .describe(
                      "The model, client, user or upstream, or the tag's value; empty for calls"
                          + " that have none."))
          .with("requests", Schema.amount())
          .with(
              "estimated",
              Schema.amount()
                  .describe(
                      "Of the requests, those that were booked at our bound: the provider"
                          + " said nothing of usage, or a node was killed."))
          .with("input_tokens", Schema.amount())
          .with("output_tokens", Schema.amount())
          .with("cost_micros", Schema.amount().describe("Millionths of the currency."));

  private final UsageStore usage;
  private final InstantSource clock;

  public UsageApi(UsageStore usage, InstantSource clock) {
    this.usage = usage;
    this.clock = clock;
  }

  public List<Operation> operations() {
    return List.of(
        Operation.list("listUsage", AdminScope.BUDGETS_READ, "/usage", USED, this::page)
            .says("Sums up what was used over some days, by name")
            .filter(
                "group_by",
                Schema.string(1, UsageStore.TAG.length() + Tags.NAME_CHARACTERS_MAX),
                "What to tell apart: `model`, `client`, `user`, `upstream`, or `tag:` and a tag's"
                    + " name. `model` when absent.")
            .filter(
                "from",
                Schema.string(10, 10),
                "The first day, such as 2026-11-01, in the tenant's time zone; the last thirty"
                    + " days when absent.")
            .filter("to", Schema.string(10, 10), "The last day; today when absent."));
  }

  private Page page(Call call, Page.Range range) {
    String group = call.query("group_by");
    String to = call.query("to");
    String from = call.query("from");
    // The tenant's day may have begun already where UTC's has not.
    LocalDate last =
        to == null
            ? LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).plusDays(1)
            : day("to", to);
    LocalDate first = from == null ? last.minusDays(DAYS_DEFAULT) : day("from", from);
    if (first.isAfter(last) || first.plusDays(DAYS_MAX).isBefore(last)) {
      throw Problem.INVALID_PARAMETER.because(
          "from is %s and to is %s, expected up to %d days".formatted(first, last, DAYS_MAX));
    }
    // A name may be empty, which is no cursor: hence the sign in front.
    String after = range.after();
    List<Used> rows =
        usage.used(
            call.tenant(),
            dimension(group == null ? UsageStore.Fixed.MODEL.wire() : group),
            first,
            last,
            after == null || after.isEmpty() ? null : after.substring(1),
            range.rows());
    return Page.of(rows, range, UsageApi::json, used -> "=" + used.name());
  }

  private static String dimension(String text) {
    boolean fixed = Arrays.stream(UsageStore.Fixed.values()).anyMatch(f -> f.wire().equals(text));
    if (!fixed
        && !(text.startsWith(UsageStore.TAG)
            && Tags.isName(text.substring(UsageStore.TAG.length())))) {
      throw Problem.INVALID_PARAMETER.because(
          "query parameter group_by is none of model, client, user, upstream, or tag: and a tag's"
              + " name");
    }
    return text;
  }

  private static LocalDate day(String name, String text) {
    try {
      return LocalDate.parse(text);
    } catch (DateTimeParseException e) {
      throw Problem.INVALID_PARAMETER.because(
          "query parameter " + name + " is no day, expected one such as 2026-11-01");
    }
  }

  private static ObjectNode json(Used used) {
    return Json.object()
        .put("id", used.name())
        .put("requests", used.requests())
        .put("estimated", used.estimated())
        .put("input_tokens", used.inputTokens())
        .put("output_tokens", used.outputTokens())
        .put("cost_micros", used.costMicros());
  }
}

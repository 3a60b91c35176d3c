package dev.mandate.console;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.budget.Tags;
import dev.mandate.domain.budget.UsageStore;
import dev.mandate.domain.budget.UsageStore.Used;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// `/admin/usage`: what the tenant used, told apart as the admin API does (`/admin/v1/usage`), as a
/// table and for a spreadsheet.
public final class UsagePages {
  static final String PATH = "/admin/usage";

  /// In the table and in the file; there may be more, and then both say so.
  static final int ROWS_MAX = 1_000;

  private static final int DAYS_DEFAULT = 30;

  /// In front of a cell that a spreadsheet would take for a formula.
  private static final String FORMULA_STARTS = "=+-@\t\r";

  private static final List<String> FIXED =
      Arrays.stream(UsageStore.Fixed.values()).map(UsageStore.Fixed::wire).toList();

  /// @param name as it is stored; what is empty has none
  public record RowView(
      String name, String requests, String estimated, String input, String output, String cost) {}

  /// @param group what is told apart: one of [#FIXED], or `tag:` and a name
  /// @param problem with what was asked for
  public record UsageView(
      String group,
      List<String> groups,
      String from,
      String to,
      List<RowView> rows,
      boolean more,
      String csv,
      @Nullable String problem) {}

  private record Asked(String group, LocalDate from, LocalDate to) {}

  private final Issuers issuers;
  private final Sessions sessions;
  private final UsageStore usage;
  private final Cards cards;
  private final Pages pages;
  private final InstantSource clock;

  public UsagePages(
      Issuers issuers,
      Sessions sessions,
      UsageStore usage,
      Cards cards,
      Pages pages,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.usage = usage;
    this.cards = cards;
    this.pages = pages;
    this.clock = clock;
  }

  public void mount(Router router, ErrorPages errors) {
    router
        .add("GET", PATH, page(errors, this::table))
        .add("GET", PATH + ".csv", page(errors, this::csv));
  }

  private Endpoint page(ErrorPages errors, Visit.Pages page) {
    return errors.around(Visit.signedIn(issuers, sessions, clock, page));
  }

  private HttpResponse table(Visit visit, HttpRequest request) {
    visit.require(AdminScope.BUDGETS_READ);
    Asked asked = asked(visit, request);
    Asked shown = asked == null ? byDefault(visit) : asked;
    List<Used> rows = rows(visit, shown);
    boolean more = rows.size() > ROWS_MAX;
    UsageView view =
        new UsageView(
            shown.group,
            FIXED,
            shown.from.toString(),
            shown.to.toString(),
            rows.stream()
                .limit(ROWS_MAX)
                .sorted(Comparator.comparingLong(Used::costMicros).reversed())
                .map(UsagePages::view)
                .toList(),
            more,
            visit.issuer().root()
                + PATH
                + ".csv?group_by="
                + shown.group
                + "&from="
                + shown.from
                + "&to="
                + shown.to,
            asked == null
                ? "Expected model, client, user, upstream, or tag: and a tag's name, and two days"
                    + " such as 2026-11-01."
                : null);
    return pages.show(asked == null ? 422 : 200, visit.page("usage", "Usage", view)).noStore();
  }

  private HttpResponse csv(Visit visit, HttpRequest request) {
    visit.require(AdminScope.BUDGETS_READ);
    Asked asked = asked(visit, request);
    if (asked == null) {
      return table(visit, request);
    }
    StringBuilder text = new StringBuilder();
    text.append(cell(asked.group))
        .append(",requests,estimated,input_tokens,output_tokens,cost_micros\r\n");
    rows(visit, asked).stream()
        .limit(ROWS_MAX)
        .forEach(
            used ->
                text.append(cell(used.name()))
                    .append(',')
                    .append(used.requests())
                    .append(',')
                    .append(used.estimated())
                    .append(',')
                    .append(used.inputTokens())
                    .append(',')
                    .append(used.outputTokens())
                    .append(',')
                    .append(used.costMicros())
                    .append("\r\n"));
    return new HttpResponse(
            200,
            Headers.NONE
                .with("content-type", "text/csv; charset=utf-8; header=present")
                .with("content-disposition", "attachment; filename=\"usage.csv\"")
                .with("x-content-type-options", "nosniff"),
            text.toString().getBytes(StandardCharsets.UTF_8))
        .noStore();
  }

  /// RFC 4180 §2, and nothing that a spreadsheet would run: names are what callers made up.
  private static String cell(String text) {
    boolean runs = !text.isEmpty() && FORMULA_STARTS.indexOf(text.charAt(0)) >= 0;
    return "\"" + (runs ? "'" : "") + text.replace("\"", "\"\"") + "\"";
  }

  private List<Used> rows(Visit visit, Asked asked) {
    return usage.used(
        visit.issuer().tenant(), asked.group, asked.from, asked.to, null, ROWS_MAX + 1);
  }

  private static RowView view(Used used) {
    return new RowView(
        used.name(),
        number(used.requests()),
        number(used.estimated()),
        number(used.inputTokens()),
        number(used.outputTokens()),
        Words.spent(used.costMicros()));
  }

  private static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private Asked byDefault(Visit visit) {
    LocalDate today = LocalDate.ofInstant(visit.now(), cards.zone(visit));
    return new Asked(FIXED.getFirst(), today.minusDays(DAYS_DEFAULT), today);
  }

  /// Null when it does not read.
  private @Nullable Asked asked(Visit visit, HttpRequest request) {
    Asked byDefault = byDefault(visit);
    String group = request.query().one("group_by");
    LocalDate from = day(request.query().one("from"), byDefault.from);
    LocalDate to = day(request.query().one("to"), byDefault.to);
    String by = group == null || group.isBlank() ? byDefault.group : group.strip();
    boolean known =
        FIXED.contains(by)
            || (by.startsWith(UsageStore.TAG)
                && Tags.isName(by.substring(UsageStore.TAG.length())));
    return from == null || to == null || !known ? null : new Asked(by, from, to);
  }

  private static @Nullable LocalDate day(@Nullable String text, LocalDate absent) {
    if (text == null || text.isBlank()) {
      return absent;
    }
    try {
      return LocalDate.parse(text);
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}

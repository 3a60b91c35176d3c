package dev.mandate.console;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.RateLimitStore;
import dev.mandate.domain.ratelimit.RateSubjects;
import dev.mandate.domain.ratelimit.RateUnit;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.http.Router;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/rate-limits`: how fast callers may call, for who may see and change budgets.
public final class RateLimitPages {
  static final String PATH = "/admin/rate-limits";

  private static final int SHOWN = 200;
  private static final int CHARACTERS_MAX = 200;

  /// What is said after the redirect that follows a form, by the word in its query.
  private static final Map<String, String> NOTICES =
      Map.of(
          "added", "Added. It holds for the next call, on every node.",
          "changed", "Changed. It holds for the next call, on every node.",
          "removed", "Removed.");

  /// @param of whose calls it counts, in words
  /// @param proof for its form; null for who may only look
  public record LimitView(
      String id,
      String of,
      @Nullable String subject,
      @Nullable String model,
      String requests,
      String tokens,
      String calls,
      boolean configured,
      String action,
      @Nullable String proof) {}

  /// @param add proof for the form of a new one; null for who may only look
  public record LimitsView(
      List<LimitView> limits,
      boolean more,
      String action,
      @Nullable String add,
      @Nullable String notice,
      @Nullable String problem) {}

  private final Issuers issuers;
  private final Sessions sessions;
  private final RateLimitStore limits;
  private final RateSubjects subjects;
  private final AuditStore audit;
  private final TokenSource ids;
  private final Pages pages;
  private final InstantSource clock;

  public RateLimitPages(
      Issuers issuers,
      Sessions sessions,
      RateLimitStore limits,
      RateSubjects subjects,
      AuditStore audit,
      TokenSource ids,
      Pages pages,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.limits = limits;
    this.subjects = subjects;
    this.audit = audit;
    this.ids = ids;
    this.pages = pages;
    this.clock = clock;
  }

  public void mount(Router router, ErrorPages errors) {
    router
        .add("GET", PATH, page(errors, this::list))
        .add("POST", PATH, page(errors, this::add))
        .add("POST", PATH + "/{id}", page(errors, this::change));
  }

  private Endpoint page(ErrorPages errors, Visit.Pages page) {
    return errors.around(Visit.signedIn(issuers, sessions, clock, page));
  }

  private HttpResponse list(Visit visit, HttpRequest request) {
    visit.require(AdminScope.BUDGETS_READ);
    String word = request.query().one("done");
    return show(visit, word == null ? null : NOTICES.get(word), null);
  }

  private HttpResponse show(Visit visit, @Nullable String notice, @Nullable String problem) {
    boolean writes = visit.may(AdminScope.BUDGETS_WRITE);
    List<RateLimit> rows = limits.page(visit.issuer().tenant(), null, SHOWN + 1);
    LimitsView view =
        new LimitsView(
            rows.stream().limit(SHOWN).map(limit -> view(visit, limit, writes)).toList(),
            rows.size() > SHOWN,
            visit.issuer().root() + PATH,
            writes ? Csrf.token(visit.signedIn().cookie(), PATH) : null,
            notice,
            problem);
    return pages.show(
        problem == null ? 200 : 422,
        visit.page("rate-limits", (problem == null ? "" : "Error: ") + "Rate limits", view));
  }

  private static LimitView view(Visit visit, RateLimit limit, boolean writes) {
    return new LimitView(
        limit.id(),
        words(limit),
        limit.subject(),
        limit.model(),
        number(limit, RateUnit.REQUESTS),
        number(limit, RateUnit.TOKENS),
        number(limit, RateUnit.CALLS),
        limit.configured(),
        visit.issuer().root() + PATH + "/" + limit.id(),
        writes ? Csrf.token(visit.signedIn().cookie(), form(limit)) : null);
  }

  private static String words(RateLimit limit) {
    boolean one = limit.subject() != null;
    return switch (limit.holder()) {
      case TENANT -> "The whole organisation";
      case USER -> one ? "Person" : "Each person";
      case CLIENT -> one ? "App" : "Each app";
      case MANDATE -> one ? "Mandate" : "Each mandate";
      case API_KEY -> one ? "API key" : "Each API key";
    };
  }

  private static String number(RateLimit limit, RateUnit unit) {
    Long rate = limit.rates().of(unit);
    return rate == null ? "" : rate.toString();
  }

  private static String form(RateLimit limit) {
    return PATH + "/" + limit.id();
  }

  private HttpResponse add(Visit visit, HttpRequest request) {
    visit.require(AdminScope.BUDGETS_WRITE);
    Parameters form = request.form();
    visit.requireForm(request, form, PATH);
    RateHolder holder = RateHolder.ofWire(String.valueOf(form.one("holder")));
    String subject = text(form, "subject");
    String model = text(form, "model");
    Rates rates = rates(form);
    if (holder == null) {
      return show(visit, null, "Choose whose calls it counts.");
    }
    if (rates == null) {
      return show(visit, null, wrongRates());
    }
    if (subject != null && !subjects.exists(visit.issuer().tenant(), holder, subject)) {
      return show(visit, null, "There is nobody of this kind with the id " + subject + ".");
    }
    if (model != null && model.chars().anyMatch(Character::isWhitespace)) {
      return show(visit, null, "A model's name has no spaces.");
    }
    RateLimit limit =
        new RateLimit(
            visit.issuer().tenant(),
            ids.id("rl"),
            holder,
            subject,
            model,
            rates,
            false,
            visit.now().truncatedTo(ChronoUnit.MILLIS));
    return switch (limits.insert(limit)) {
      case DONE -> done(visit, request, "added", limit);
      case THERE -> show(visit, null, "There is a limit for the same calls: change that one.");
      case FULL -> show(visit, null, "There is no room for more limits: remove one first.");
    };
  }

  private HttpResponse change(Visit visit, HttpRequest request) {
    visit.require(AdminScope.BUDGETS_WRITE);
    RateLimit limit = limits.find(visit.issuer().tenant(), request.pathParameter("id"));
    if (limit == null) {
      throw PageRefusal.notFound("There is no such rate limit.");
    }
    Parameters form = request.form();
    visit.requireForm(request, form, form(limit));
    return switch (String.valueOf(form.one("do"))) {
      case "remove" -> {
        limits.delete(limit.tenant(), limit.id());
        yield done(visit, request, "removed", limit);
      }
      case "change" -> {
        Rates rates = rates(form);
        if (rates == null) {
          yield show(visit, null, wrongRates());
        }
        if (!limits.replace(limit, rates)) {
          yield show(visit, null, "Somebody else changed it meanwhile. Look again.");
        }
        yield done(visit, request, "changed", limit);
      }
      default ->
          throw new PageRefusal(400, "Unknown button", "Expected to change or remove the limit.");
    };
  }

  private static String wrongRates() {
    return "A limit needs at least one number, each a whole one from 0 to " + Rates.MAX + ".";
  }

  private static @Nullable String text(Parameters form, String name) {
    String value = form.one(name);
    return value == null || value.isBlank() || value.length() > CHARACTERS_MAX
        ? null
        : value.strip();
  }

  /// Null when there is none, or one that is no such number.
  private static @Nullable Rates rates(Parameters form) {
    try {
      Rates rates =
          new Rates(number(form, "requests"), number(form, "tokens"), number(form, "calls"));
      return rates.equals(Rates.NONE) ? null : rates;
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  private static @Nullable Long number(Parameters form, String name) {
    String value = text(form, name);
    return value == null ? null : Long.valueOf(value);
  }

  private HttpResponse done(Visit visit, HttpRequest request, String word, RateLimit limit) {
    audit.append(
        List.of(
            visit.event(
                request, "rate_limit." + word, null, "ok", Map.of("rate_limit", limit.id()))));
    return HttpResponse.seeOther(visit.issuer().root() + PATH + "?done=" + word).noStore();
  }
}

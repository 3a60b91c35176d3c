package dev.mandate.console;

import dev.mandate.console.MonitoringViews.AnswerView;
import dev.mandate.console.MonitoringViews.FindingView;
import dev.mandate.console.MonitoringViews.HeldView;
import dev.mandate.console.MonitoringViews.MonitoringView;
import dev.mandate.console.MonitoringViews.PolicyView;
import dev.mandate.console.MonitoringViews.RuleView;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.FindingStore;
import dev.mandate.domain.monitoring.MonitoringStore;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.monitoring.RestraintStore;
import dev.mandate.domain.notice.NoticeStore;
import dev.mandate.domain.notice.NoticeStore.Kept;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.http.Router;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/monitoring`: who is held back, what was found, what is done about it, and what is usual
/// for each key and client. The same rights and the same verbs as the admin API's.
public final class MonitoringPages {
  static final String PATH = "/admin/monitoring";

  private static final String FINDINGS_ID = PATH + "/findings/{id}";
  private static final String POLICY_FORM = "admin/monitoring/responses";
  private static final int FINDINGS_SHOWN = 20;
  private static final int HELD_SHOWN = 100;

  /// What is said after the redirect that follows a form, by the word in its query.
  private static final Map<String, String> NOTICES =
      Map.of(
          "resumed", "It may go on, on all nodes at once.",
          "suspended", "Suspended: it is refused from now on, and its open streams were cut.",
          "acknowledged", "Seen to.",
          "decided", "Stored. It holds for what is found from now on.",
          "relearned", "Forgotten. What is usual for it is learned anew.");

  /// What is kept about callers.
  public record Kinds(
      MonitoringStore monitoring,
      FindingStore findings,
      RestraintStore restraints,
      NoticeStore notices) {}

  private final Issuers issuers;
  private final Sessions sessions;
  private final Kinds kept;
  private final CallerPages callers;
  private final CallerNames names;
  private final Cards cards;
  private final AuditStore audit;
  private final Pages pages;
  private final InstantSource clock;

  public MonitoringPages(
      Issuers issuers,
      Sessions sessions,
      Kinds kept,
      CallerNames names,
      Cards cards,
      AuditStore audit,
      Pages pages,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.kept = kept;
    this.callers = new CallerPages(kept.monitoring(), names, audit, pages);
    this.names = names;
    this.cards = cards;
    this.audit = audit;
    this.pages = pages;
    this.clock = clock;
  }

  public void mount(Router router, ErrorPages errors) {
    router
        .add("GET", PATH, page(errors, this::overview))
        .add("POST", PATH + "/resume", page(errors, this::resume))
        .add("POST", PATH + "/responses", page(errors, this::decide))
        .add("POST", FINDINGS_ID + "/acknowledge", page(errors, this::acknowledge))
        .add("POST", FINDINGS_ID + "/suspend", page(errors, this::suspend))
        .add("GET", CallerPages.PATH, page(errors, callers::list))
        .add("POST", CallerPages.PATH + "/relearn", page(errors, callers::relearn));
  }

  private Endpoint page(ErrorPages errors, Visit.Pages page) {
    return errors.around(Visit.signedIn(issuers, sessions, clock, page));
  }

  private HttpResponse overview(Visit visit, HttpRequest request) {
    visit.require(AdminScope.MONITORING_READ);
    return show(visit, request.query().one("before"), said(request), null);
  }

  static @Nullable String said(HttpRequest request) {
    String word = request.query().one("done");
    return word == null ? null : NOTICES.get(word);
  }

  /// @param before the id of the last finding of the page before; null for the first page
  private HttpResponse show(
      Visit visit, @Nullable String before, @Nullable String notice, @Nullable String problem) {
    TenantId tenant = visit.issuer().tenant();
    ZoneId zone = cards.zone(visit);
    Finding last = before == null ? null : kept.findings().finding(tenant, before);
    List<Finding> rows =
        kept.findings()
            .findings(
                tenant,
                new FindingStore.Filter(null, null),
                last == null ? null : new FindingStore.Place(last.at(), last.id()),
                FINDINGS_SHOWN + 1);
    boolean more = rows.size() > FINDINGS_SHOWN;
    List<Finding> shown = more ? rows.subList(0, FINDINGS_SHOWN) : rows;
    String root = visit.issuer().root();
    MonitoringView view =
        new MonitoringView(
            last == null ? held(visit, zone) : List.of(),
            shown.stream().map(finding -> view(visit, finding, zone)).toList(),
            more
                ? root + PATH + "?" + Parameters.encode(Map.of("before", shown.getLast().id()))
                : null,
            last == null,
            last == null ? policy(visit) : null,
            root + CallerPages.PATH,
            notice,
            problem);
    return pages.show(
        problem == null ? 200 : 409,
        visit.page("monitoring", (problem == null ? "" : "Error: ") + "Monitoring", view));
  }

  private static String resumeForm(CallerId caller) {
    return "admin/monitoring/resume/" + caller.text();
  }

  private static String findingForm(Finding finding, String verb) {
    return "admin/monitoring/finding/" + finding.id() + "/" + verb;
  }

  static @Nullable String proof(Visit visit, boolean may, String form) {
    return may ? Csrf.token(visit.signedIn().cookie(), form) : null;
  }

  private List<HeldView> held(Visit visit, ZoneId zone) {
    boolean writes = visit.may(AdminScope.MONITORING_WRITE);
    return kept.restraints().page(visit.issuer().tenant(), null, HELD_SHOWN).stream()
        .filter(held -> held.endsAt() == null || held.endsAt().isAfter(visit.now()))
        .map(
            held -> {
              Finding why = kept.findings().finding(held.caller().tenant(), held.finding());
              return new HeldView(
                  names.of(held.caller()),
                  Words.moment(held.since(), zone),
                  held.endsAt() == null ? null : Words.moment(held.endsAt(), zone),
                  why == null ? null : why.observed() + ", expected " + why.expected(),
                  visit.issuer().root() + PATH + "/resume",
                  proof(visit, writes, resumeForm(held.caller())));
            })
        .toList();
  }

  private @Nullable Kept told(Finding finding) {
    var kind = finding.notice();
    return kind == null ? null : kept.notices().told(finding.caller().tenant(), kind, finding.id());
  }

  private FindingView view(Visit visit, Finding finding, ZoneId zone) {
    Kept told = told(finding);
    boolean open = told != null && told.acknowledgedAt() == null;
    Restraint restraint = kept.restraints().find(finding.caller());
    boolean free = restraint == null || !restraint.isSuspension();
    return new FindingView(
        MonitoringViews.name(finding.kind()),
        names.of(finding.caller()),
        finding.observed(),
        finding.expected(),
        Words.moment(finding.at(), zone),
        told == null ? "Written down" : open ? "Open" : "Seen to",
        told == null ? "off" : open ? "bad" : "good",
        MonitoringViews.done(finding.response()),
        visit.issuer().root() + PATH + "/findings/" + finding.id(),
        proof(
            visit,
            open && visit.may(AdminScope.NOTICES_WRITE),
            findingForm(finding, "acknowledge")),
        proof(
            visit,
            free && finding.holdsBack() && visit.may(AdminScope.MONITORING_WRITE),
            findingForm(finding, "suspend")));
  }

  private PolicyView policy(Visit visit) {
    Map<Finding.Kind, Finding.Response> decided =
        kept.findings().responses(visit.issuer().tenant());
    return new PolicyView(
        visit.issuer().root() + PATH + "/responses",
        proof(visit, visit.may(AdminScope.MONITORING_WRITE), POLICY_FORM),
        Arrays.stream(Finding.Kind.values())
            .map(kind -> rule(kind, decided.getOrDefault(kind, kind.builtIn()), decided))
            .toList());
  }

  private static RuleView rule(
      Finding.Kind kind, Finding.Response answer, Map<Finding.Kind, Finding.Response> decided) {
    return new RuleView(
        kind.wire(),
        MonitoringViews.name(kind),
        MonitoringViews.words(kind),
        MonitoringViews.words(answer),
        decided.containsKey(kind),
        kind.answers().stream()
            .map(
                one ->
                    new AnswerView(
                        one.wire(),
                        MonitoringViews.words(one) + (one == kind.builtIn() ? " (built in)" : ""),
                        one == answer))
            .toList());
  }

  private Finding finding(Visit visit, HttpRequest request) {
    Finding finding = kept.findings().finding(visit.issuer().tenant(), request.pathParameter("id"));
    if (finding == null) {
      throw PageRefusal.notFound("There is no such finding.");
    }
    return finding;
  }

  private HttpResponse acknowledge(Visit visit, HttpRequest request) {
    visit.require(AdminScope.MONITORING_READ);
    visit.require(AdminScope.NOTICES_WRITE);
    Finding finding = finding(visit, request);
    visit.requireForm(request, request.form(), findingForm(finding, "acknowledge"));
    Kept told = told(finding);
    if (told == null) {
      throw PageRefusal.notFound("Nobody was told of this finding.");
    }
    kept.notices()
        .acknowledge(
            visit.issuer().tenant(), told.notice().id(), visit.user().value(), visit.now());
    return done(visit, PATH, "acknowledged");
  }

  private HttpResponse suspend(Visit visit, HttpRequest request) {
    visit.require(AdminScope.MONITORING_WRITE);
    Finding finding = finding(visit, request);
    visit.requireForm(request, request.form(), findingForm(finding, "suspend"));
    if (!finding.holdsBack()) {
      throw new PageRefusal(409, "There is nobody to suspend", "Behind it is no key or client.");
    }
    kept.restraints().hold(new Restraint(finding.caller(), visit.now(), null, finding.id()));
    record(visit, request, "caller.suspended", Map.of("caller", finding.caller().text()));
    return done(visit, PATH, "suspended");
  }

  private HttpResponse resume(Visit visit, HttpRequest request) {
    visit.require(AdminScope.MONITORING_WRITE);
    Parameters form = request.form();
    CallerId caller = caller(visit, form);
    visit.requireForm(request, form, resumeForm(caller));
    // Whoever was let go on at this moment by somebody else may go on.
    if (kept.restraints().release(caller)) {
      record(visit, request, "caller.resumed", Map.of("caller", caller.text()));
    }
    return done(visit, PATH, "resumed");
  }

  static CallerId caller(Visit visit, Parameters form) {
    try {
      return CallerId.parse(visit.issuer().tenant(), String.valueOf(form.one("caller")));
    } catch (IllegalArgumentException _) {
      throw PageRefusal.notFound("There is no such key or client.");
    }
  }

  private HttpResponse decide(Visit visit, HttpRequest request) {
    visit.require(AdminScope.MONITORING_WRITE);
    Parameters form = request.form();
    visit.requireForm(request, form, POLICY_FORM);
    TenantId tenant = visit.issuer().tenant();
    Map<Finding.Kind, Finding.Response> stored = kept.findings().responses(tenant);
    Map<Finding.Kind, Finding.Response> wanted = new EnumMap<>(Finding.Kind.class);
    for (Finding.Kind kind : Finding.Kind.values()) {
      Finding.Response chosen = answer(form, kind, kind.wire());
      // What the person did not touch stays as it is now, and not as the page had it.
      if (chosen != answer(form, kind, "was_" + kind.wire())) {
        wanted.put(kind, chosen);
      }
    }
    for (Map.Entry<Finding.Kind, Finding.Response> one : wanted.entrySet()) {
      Finding.Kind kind = one.getKey();
      Finding.Response drawn = answer(form, kind, "was_" + kind.wire());
      if (drawn != stored.getOrDefault(kind, kind.builtIn())
          || !kept.findings().respond(tenant, kind, stored.get(kind), one.getValue())) {
        return show(visit, null, null, overtaken(kind));
      }
      record(
          visit,
          request,
          "response.decided",
          Map.of("kind", kind.wire(), "response", one.getValue().wire()));
    }
    return done(visit, PATH, "decided");
  }

  private static String overtaken(Finding.Kind kind) {
    return "What is done about “%s” was changed by somebody else meanwhile, and is as they left it."
            .formatted(MonitoringViews.name(kind))
        + " Look at what is below, and decide again.";
  }

  private static Finding.Response answer(Parameters form, Finding.Kind kind, String field) {
    Finding.Response answer = Finding.Response.ofWire(String.valueOf(form.one(field)));
    if (answer == null || (field.equals(kind.wire()) && !kind.answers().contains(answer))) {
      throw new PageRefusal(
          400,
          "Unknown answer",
          "“%s” expects one of %s. Nothing was changed."
              .formatted(
                  MonitoringViews.name(kind),
                  Words.list(kind.answers().stream().map(Finding.Response::wire).toList())));
    }
    return answer;
  }

  static HttpResponse done(Visit visit, String path, String word) {
    return HttpResponse.seeOther(visit.issuer().root() + path + "?done=" + word).noStore();
  }

  private void record(Visit visit, HttpRequest request, String type, Map<String, String> details) {
    audit.append(List.of(visit.event(request, type, null, "ok", details)));
  }
}

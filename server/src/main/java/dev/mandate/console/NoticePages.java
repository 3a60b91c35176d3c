package dev.mandate.console;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.notice.NoticeStore;
import dev.mandate.domain.notice.NoticeStore.Filter;
import dev.mandate.domain.notice.NoticeStore.Kept;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The notices that a person should hear of: their own, and all of the tenant's for whose role may
/// read them.
public final class NoticePages {
  private static final int SHOWN = 100;

  /// @param acknowledge proof for the form that acknowledges it; null when there is nothing to do
  public record NoticeView(
      String kind,
      String text,
      String subject,
      String when,
      @Nullable String seenTo,
      String action,
      @Nullable String acknowledge) {}

  /// @param all whether these are all of the tenant's
  public record NoticesView(boolean all, List<NoticeView> open, List<NoticeView> done) {}

  private final Issuers issuers;
  private final Sessions sessions;
  private final TenantStore tenants;
  private final NoticeStore notices;
  private final Pages pages;
  private final InstantSource clock;

  public NoticePages(
      Issuers issuers,
      Sessions sessions,
      TenantStore tenants,
      NoticeStore notices,
      Pages pages,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.tenants = tenants;
    this.notices = notices;
    this.pages = pages;
    this.clock = clock;
  }

  public void mount(Router router, ErrorPages errors) {
    router
        .add("GET", "/notices", page(errors, this::list))
        .add("POST", "/notices/{id}/acknowledge", page(errors, this::acknowledge));
  }

  private Endpoint page(ErrorPages errors, Visit.Pages page) {
    return errors.around(Visit.signedIn(issuers, sessions, clock, page));
  }

  private static boolean may(Visit visit, AdminScope scope) {
    return visit.signedIn().user().role().adminScopes().contains(scope.wire());
  }

  private static boolean isMine(Visit visit, Kept kept) {
    return visit.user().equals(kept.notice().person());
  }

  private static String form(Kept kept) {
    return "notice/" + kept.notice().id() + "/acknowledge";
  }

  private HttpResponse list(Visit visit, HttpRequest request) {
    boolean all = may(visit, AdminScope.NOTICES_READ);
    Tenant tenant = tenants.find(visit.issuer().tenant());
    ZoneId zone = tenant == null ? ZoneOffset.UTC : tenant.zone();
    NoticesView view =
        new NoticesView(all, views(visit, all, false, zone), views(visit, all, true, zone));
    return pages.show(200, visit.page("notices", "Notices", view));
  }

  private List<NoticeView> views(Visit visit, boolean all, boolean acknowledged, ZoneId zone) {
    Filter filter = new Filter(null, null, all ? null : visit.user(), acknowledged);
    return notices.page(visit.issuer().tenant(), filter, null, SHOWN).stream()
        .map(kept -> view(visit, kept, zone))
        .toList();
  }

  private static NoticeView view(Visit visit, Kept kept, ZoneId zone) {
    boolean open = kept.acknowledgedAt() == null;
    boolean may = isMine(visit, kept) || may(visit, AdminScope.NOTICES_WRITE);
    String kind = kept.notice().kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return new NoticeView(
        kind.substring(0, 1).toUpperCase(Locale.ROOT) + kind.substring(1),
        kept.notice().text(),
        kept.notice().subject(),
        Words.moment(kept.notice().at(), zone),
        kept.acknowledgedAt() == null ? null : Words.moment(kept.acknowledgedAt(), zone),
        visit.issuer().root() + "/notices/" + kept.notice().id() + "/acknowledge",
        open && may ? Csrf.token(visit.signedIn().cookie(), form(kept)) : null);
  }

  private HttpResponse acknowledge(Visit visit, HttpRequest request) {
    Kept kept = notices.find(visit.issuer().tenant(), request.pathParameter("id"));
    if (kept == null || !(isMine(visit, kept) || may(visit, AdminScope.NOTICES_WRITE))) {
      throw PageRefusal.notFound("You have no notice with this id.");
    }
    visit.requireForm(request, request.form(), form(kept));
    notices.acknowledge(
        visit.issuer().tenant(), kept.notice().id(), visit.user().value(), visit.now());
    return HttpResponse.seeOther(visit.issuer().root() + "/notices").noStore();
  }
}

package dev.mandate.console;

import dev.mandate.console.MonitoringViews.CallersView;
import dev.mandate.console.MonitoringViews.UsualView;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.MonitoringStore;
import dev.mandate.domain.monitoring.Usual;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.util.List;
import java.util.Map;

/// `/admin/monitoring/callers`: what is usual for each key and client, in words, and the button
/// that forgets it.
final class CallerPages {
  static final String PATH = MonitoringPages.PATH + "/callers";

  private static final int SHOWN = 50;

  private final MonitoringStore monitoring;
  private final CallerNames names;
  private final AuditStore audit;
  private final Pages pages;

  CallerPages(MonitoringStore monitoring, CallerNames names, AuditStore audit, Pages pages) {
    this.monitoring = monitoring;
    this.names = names;
    this.audit = audit;
    this.pages = pages;
  }

  private static String relearnForm(CallerId caller) {
    return "admin/monitoring/relearn/" + caller.text();
  }

  HttpResponse list(Visit visit, HttpRequest request) {
    visit.require(AdminScope.MONITORING_READ);
    List<MonitoringStore.Known> rows =
        monitoring.page(visit.issuer().tenant(), request.query().one("after"), SHOWN + 1);
    boolean more = rows.size() > SHOWN;
    List<MonitoringStore.Known> shown = more ? rows.subList(0, SHOWN) : rows;
    boolean writes = visit.may(AdminScope.MONITORING_WRITE);
    String path = visit.issuer().root() + PATH;
    List<UsualView> views =
        shown.stream()
            .map(
                known ->
                    MonitoringViews.usual(
                        Usual.of(known),
                        names.of(known.caller()),
                        path + "/relearn",
                        MonitoringPages.proof(visit, writes, relearnForm(known.caller()))))
            .toList();
    String next =
        more
            ? path + "?" + Parameters.encode(Map.of("after", shown.getLast().caller().text()))
            : null;
    return pages.show(
        200,
        visit.page(
            "callers",
            "What is usual",
            new CallersView(
                views,
                next,
                visit.issuer().root() + MonitoringPages.PATH,
                MonitoringPages.said(request))));
  }

  HttpResponse relearn(Visit visit, HttpRequest request) {
    visit.require(AdminScope.MONITORING_WRITE);
    Parameters form = request.form();
    CallerId caller = MonitoringPages.caller(visit, form);
    visit.requireForm(request, form, relearnForm(caller));
    if (monitoring.forget(caller)) {
      audit.append(
          List.of(
              visit.event(
                  request, "caller.relearned", null, "ok", Map.of("caller", caller.text()))));
    }
    return MonitoringPages.done(visit, PATH, "relearned");
  }
}

package dev.mandate.console;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import java.util.List;

/// `/admin`: which pages there are for administrators, each shown to who may open it.
final class Administration {
  /// A page of its own.
  ///
  /// @param scope of the admin API that lets a person open it
  /// @param path below the issuer
  /// @param words what one does there
  record Section(AdminScope scope, String path, String name, String words) {}

  /// A new page gets a row here and routes of its own.
  private static final List<Section> SECTIONS =
      List.of(
          new Section(
              AdminScope.CREDENTIALS_READ,
              CredentialPages.PATH,
              "Upstream credentials",
              "The keys that pay at your providers: which of them take calls, and how they do."),
          new Section(
              AdminScope.API_KEYS_READ,
              KeyPages.ALL,
              "API keys",
              "Everybody's keys: when and from where they were used, and which leaked."),
          new Section(
              AdminScope.BUDGETS_READ,
              BudgetPages.PATH,
              "Budgets",
              "What bounds the sum of many calls, what is spent of it, and when somebody is told."),
          new Section(
              AdminScope.BUDGETS_READ,
              UsagePages.PATH,
              "Usage",
              "Calls, tokens and cost by model, client, person, upstream, or by the tags that"
                  + " callers give."),
          new Section(
              AdminScope.BUDGETS_READ,
              RateLimitPages.PATH,
              "Rate limits",
              "How many requests and tokens a minute, and how many calls at a time, callers may"
                  + " have."),
          new Section(
              AdminScope.MONITORING_READ,
              MonitoringPages.PATH,
              "Monitoring",
              "What keys and clients did unlike before, who is held back for it, and what is usual"
                  + " for each."));

  private final Pages pages;

  Administration(Pages pages) {
    this.pages = pages;
  }

  HttpResponse index(Visit visit, HttpRequest request) {
    return pages.show(
        200,
        visit.page(
            "admin",
            "Administration",
            new ConsoleViews.AdminView(
                SECTIONS.stream()
                    .filter(section -> visit.may(section.scope()))
                    .map(
                        section ->
                            new ConsoleViews.SectionView(
                                visit.issuer().root() + section.path(),
                                section.name(),
                                section.words()))
                    .toList())));
  }
}

package dev.mandate.console;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.ReturnPath;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.html.Page;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One request to the console by somebody who is signed in.
record Visit(Issuer issuer, SignedIn signedIn, Instant now) {
  /// What a page needs to answer.
  interface Pages {
    HttpResponse show(Visit visit, HttpRequest request);
  }

  /// Sends whoever is not signed in to the sign-in page and back.
  static Endpoint signedIn(Issuers issuers, Sessions sessions, InstantSource clock, Pages page) {
    return request -> {
      Issuer issuer = issuers.of(request);
      SignedIn signedIn = sessions.current(issuer, request);
      if (signedIn == null) {
        // After a post the way back is the page that its form stood on, or the list.
        ReturnPath back =
            request.method().equals("GET") ? ReturnPath.of(request.path()) : ReturnPath.HOME;
        return Sessions.signInFirst(issuer, back);
      }
      return page.show(new Visit(issuer, signedIn, clock.instant()), request);
    };
  }

  UserId user() {
    return signedIn.user().id();
  }

  /// Whether the person's role may do this.
  boolean may(AdminScope scope) {
    return signedIn.user().role().adminScopes().contains(scope.wire());
  }

  /// @throws PageRefusal when the person's role may not do this
  void require(AdminScope scope) {
    if (!may(scope)) {
      throw new PageRefusal(
          403,
          "This page is for administrators",
          "Your role may not see or do this. Whoever owns your organisation's account can change"
              + " that.");
    }
  }

  /// @param form what the button was drawn for
  /// @throws PageRefusal for a form that was not drawn for this session
  void requireForm(HttpRequest request, Parameters posted, String form) {
    Csrf.check(issuer, request, posted, signedIn.cookie(), form);
  }

  /// What the person did, for the audit log.
  ///
  /// @param mandate that it is about; null for none
  AuditEvent event(
      HttpRequest request,
      String type,
      @Nullable MandateId mandate,
      String outcome,
      Map<String, String> details) {
    return new AuditEvent(
        issuer.tenant(),
        now,
        type,
        user().value(),
        mandate == null ? null : mandate.value(),
        outcome,
        request.id(),
        details);
  }

  Page page(String template, String title, Object view) {
    return Page.of(template, title, issuer.root(), view).greeting(Sessions.visitor(signedIn));
  }
}

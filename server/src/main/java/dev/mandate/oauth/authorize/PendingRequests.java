package dev.mandate.oauth.authorize;

import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.authorization.PendingStore;
import dev.mandate.domain.session.Browser;
import dev.mandate.domain.session.ReturnPath;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.http.HttpRequest;
import java.time.InstantSource;

/// Finds the authorization request that a browser is in the middle of.
public final class PendingRequests {
  private final PendingStore store;
  private final InstantSource clock;

  public PendingRequests(PendingStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /// @param request to a route with `{id}`
  /// @throws PageRefusal when there is none, or another browser brought it
  public PendingAuthorization of(Issuer issuer, HttpRequest request) {
    PendingId id = new PendingId(request.pathParameter("id"));
    PendingAuthorization pending = store.find(issuer.tenant(), id, clock.instant());
    if (pending == null) {
      throw ended();
    }
    Browser browser = Browser.known(issuer, request);
    if (browser == null || !browser.hash().equals(pending.browser())) {
      // Somebody sent the person a link to their own request, to be given a code for the person's
      // mandate (RFC 9700 §4.7: the browser's binding).
      throw new PageRefusal(
          403,
          "This request belongs to another browser",
          "It was started elsewhere, and only there it can be continued. If an app sent you here,"
              + " go back to it and start again.");
    }
    return pending;
  }

  public static PageRefusal ended() {
    return new PageRefusal(
        410,
        "This request has ended",
        "It was answered already, or it waited too long. Go back to the app and start again.");
  }

  /// Where each step returns to.
  public static ReturnPath path(PendingAuthorization pending) {
    return new ReturnPath("/oauth/authorize/" + pending.id());
  }
}

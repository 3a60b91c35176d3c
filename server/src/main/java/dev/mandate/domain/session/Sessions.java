package dev.mandate.domain.session;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Visitor;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.observe.RequestFacts;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Begins, finds and ends sessions. The cookie holds 256 random bits, the store their hash.
public final class Sessions {
  /// The sign-out form, for its CSRF proof.
  public static final String SIGN_OUT = "signout";

  private static final String COOKIE = "mandate_session";

  private final SessionStore store;
  private final UserStore users;
  private final TokenSource random;
  private final InstantSource clock;
  private final SessionConfig config;

  public Sessions(
      SessionStore store,
      UserStore users,
      TokenSource random,
      InstantSource clock,
      SessionConfig config) {
    this.store = store;
    this.users = users;
    this.random = random;
    this.clock = clock;
    this.config = config;
  }

  /// Who sent this request; null when nobody is signed in, or not any more.
  public @Nullable SignedIn current(Issuer issuer, HttpRequest request) {
    Secret cookie = Cookies.read(issuer, request, COOKIE);
    if (cookie == null) {
      return null;
    }
    Session session = store.find(issuer.tenant(), TokenHash.of(cookie), clock.instant());
    if (session == null) {
      return null;
    }
    User user = users.find(issuer.tenant(), session.user());
    if (user == null || user.disabled()) {
      return null;
    }
    RequestFacts.current().user(user.id().value());
    return new SignedIn(session, user, cookie);
  }

  /// Who posted this form, which must be one of ours.
  ///
  /// @throws PageRefusal when nobody is signed in or the form isn't theirs
  public SignedIn poster(Issuer issuer, HttpRequest request, Parameters form, String name) {
    SignedIn signedIn = current(issuer, request);
    if (signedIn == null) {
      throw new PageRefusal(
          403,
          "You are signed out",
          "Your session has ended, so nothing was changed. Sign in and do it again.");
    }
    Csrf.check(issuer, request, form, signedIn.cookie(), name);
    return signedIn;
  }

  /// Begins a session under a new token, whatever token the browser came with, and ends the one
  /// that it had: nobody can plant a session and wait for its sign-in.
  public HttpResponse begin(Issuer issuer, HttpRequest request, User user, HttpResponse response) {
    forget(issuer, request);
    Secret cookie = random.token();
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    store.insert(
        new Session(
            issuer.tenant(), TokenHash.of(cookie), user.id(), now, now.plus(config.lifetime())));
    return Cookies.set(response, issuer, COOKIE, cookie, config.lifetime());
  }

  public HttpResponse end(Issuer issuer, HttpRequest request, HttpResponse response) {
    forget(issuer, request);
    return Cookies.clear(response, issuer, COOKIE);
  }

  private void forget(Issuer issuer, HttpRequest request) {
    Secret cookie = Cookies.read(issuer, request, COOKIE);
    if (cookie != null) {
      store.delete(issuer.tenant(), TokenHash.of(cookie));
    }
  }

  /// The person as a page greets them.
  public static Visitor visitor(SignedIn signedIn) {
    return new Visitor(
        signedIn.user().displayName(),
        Csrf.token(signedIn.cookie(), SIGN_OUT),
        !signedIn.user().role().adminScopes().isEmpty());
  }

  /// Sends a browser to sign in and then back to a page of ours.
  public static HttpResponse signInFirst(Issuer issuer, ReturnPath back) {
    return HttpResponse.seeOther(
        issuer.root() + "/signin?" + Parameters.encode(Map.of(ReturnPath.FIELD, back.value())));
  }
}

package dev.mandate.oauth.signin;

import dev.mandate.domain.session.Browser;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.ReturnPath;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.Page;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import org.jspecify.annotations.Nullable;

/// `GET` and `POST /signin`.
public final class SignInEndpoint implements Endpoint {
  private static final String FORM = "signin";

  private final Issuers issuers;
  private final TenantStore tenants;
  private final Sessions sessions;
  private final PasswordCheck passwords;
  private final Pages pages;
  private final TokenSource random;

  public SignInEndpoint(
      Issuers issuers,
      TenantStore tenants,
      Sessions sessions,
      PasswordCheck passwords,
      Pages pages,
      TokenSource random) {
    this.issuers = issuers;
    this.tenants = tenants;
    this.sessions = sessions;
    this.passwords = passwords;
    this.pages = pages;
    this.random = random;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    if (!request.method().equals("POST")) {
      Parameters query = request.query();
      ReturnPath back = ReturnPath.of(query.one(ReturnPath.FIELD));
      return show(issuer, Browser.of(issuer, request, random), 200, back, "", null);
    }
    Parameters form = request.form();
    Browser browser = Browser.known(issuer, request);
    Csrf.check(issuer, request, form, browser == null ? null : browser.cookie(), FORM);
    return signIn(issuer, request, form, Browser.of(issuer, request, random));
  }

  private HttpResponse signIn(
      Issuer issuer, HttpRequest request, Parameters form, Browser browser) {
    ReturnPath back = ReturnPath.of(form.one(ReturnPath.FIELD));
    String username = form.one("username");
    String password = form.one("password");
    if (username == null || password == null) {
      return show(
          issuer,
          browser,
          400,
          back,
          username == null ? "" : username,
          "Enter your user name and your password.");
    }
    return switch (passwords.check(issuer, request, username, Secret.of(password))) {
      case PasswordCheck.Outcome.Proved(var user) ->
          sessions.begin(
              issuer, request, user, HttpResponse.seeOther(issuer.root() + back.value()).noStore());
      // One message for an unknown name, a wrong password and a disabled user: the page tells
      // nobody
      // who has an account.
      case PasswordCheck.Outcome.Refused() ->
          show(
              issuer,
              browser,
              403,
              back,
              username,
              "That user name and password don't match. Check both and try again.");
      case PasswordCheck.Outcome.TooMany(var wait) ->
          throw new PageRefusal(
              429,
              "Too many attempts",
              "There were too many attempts to sign in. Wait %d minutes, then try again."
                  .formatted(Math.max(1, wait.toMinutes())),
              wait);
    };
  }

  private HttpResponse show(
      Issuer issuer,
      Browser browser,
      int status,
      ReturnPath back,
      String username,
      @Nullable String error) {
    Tenant tenant = tenants.find(issuer.tenant());
    SignInView view =
        new SignInView(
            tenant == null ? "Mandate" : tenant.name(),
            back.value(),
            Csrf.token(browser.cookie(), FORM),
            username,
            error);
    String title = error == null ? "Sign in" : "Error: sign in";
    return browser.mark(pages.show(status, Page.of("signin", title, issuer.root(), view)));
  }
}

package dev.mandate.oauth.device;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.authorization.DeviceRequest;
import dev.mandate.domain.authorization.DeviceStore;
import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.authorization.PendingStore;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.session.Browser;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.ReturnPath;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.session.SignInThrottle;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.oauth.authorize.AuthorizeEndpoint;
import dev.mandate.oauth.authorize.PendingRequests;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.Page;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `GET` and `POST /device` (RFC 8628 §3.3): a person who is signed in types the code that the
/// device shows, sees which app asked from where, and takes it on or refuses it. What follows is
/// the consent that every app gets.
///
/// Whoever makes a code and sends it to somebody gets that person's mandate if they go along. So
/// the page says what is going on before anything else, there is no link that fills the code in,
/// and guesses are counted by person and by address (RFC 8628 §5.1 and §5.4, RFC 10027).
public final class DevicePageEndpoint implements Endpoint {
  static final String FORM = "device";
  static final int ATTEMPTS_MAX = 20;
  static final Duration ATTEMPTS_WINDOW = Duration.ofMinutes(10);

  private final Issuers issuers;
  private final Sessions sessions;
  private final TenantStore tenants;
  private final ClientStore clients;
  private final DeviceStore devices;
  private final PendingStore pendings;
  private final SignInThrottle throttle;
  private final AuditStore audit;
  private final Pages pages;
  private final TokenSource random;
  private final InstantSource clock;

  public DevicePageEndpoint(
      Issuers issuers,
      Sessions sessions,
      TenantStore tenants,
      ClientStore clients,
      DeviceStore devices,
      PendingStore pendings,
      SignInThrottle throttle,
      AuditStore audit,
      Pages pages,
      TokenSource random,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.tenants = tenants;
    this.clients = clients;
    this.devices = devices;
    this.pendings = pendings;
    this.throttle = throttle;
    this.audit = audit;
    this.pages = pages;
    this.random = random;
    this.clock = clock;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    SignedIn signedIn = sessions.current(issuer, request);
    if (!request.method().equals("POST")) {
      return signedIn == null
          ? Sessions.signInFirst(issuer, new ReturnPath(DeviceAuthorizationEndpoint.PAGE))
          : show(issuer, signedIn, 200, "", null);
    }
    Parameters form = request.form();
    SignedIn poster = sessions.poster(issuer, request, form, FORM);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    admit(issuer, request, poster, now);
    String typed = form.one("code");
    UserCode code = UserCode.typed(typed);
    DeviceRequest found =
        code == null ? null : devices.waiting(issuer.tenant(), code.hash(issuer.tenant()), now);
    Client client = found == null ? null : clients.find(issuer.tenant(), found.client());
    if (code == null || found == null || client == null || client.disabled()) {
      // One message for whatever is wrong: nobody learns which codes there are or were.
      return show(
          issuer,
          poster,
          422,
          code == null ? "" : code.text(),
          "No device waits with this code. Check it, or start again on the device: a code holds for"
              + " ten minutes and can be used once.");
    }
    String decision = form.one("decision");
    if ("continue".equals(decision)) {
      return takeOn(issuer, request, code, found, now);
    }
    if ("refuse".equals(decision)) {
      devices.refuse(issuer.tenant(), found.user(), now);
      record(issuer, request, poster, found, "device.refused", now);
      return HttpResponse.seeOther(issuer.root() + DeviceEndEndpoint.DENIED).noStore();
    }
    return pages.show(200, page(issuer, poster, code.text(), null, client, found, now));
  }

  private void admit(Issuer issuer, HttpRequest request, SignedIn signedIn, Instant now) {
    boolean person = admit(issuer, "device/" + signedIn.user().id(), now);
    boolean address = admit(issuer, "device-from/" + request.remoteAddress(), now);
    if (!person || !address) {
      throw new PageRefusal(
          429,
          "Too many codes",
          "There were too many attempts to enter a code. Wait %d minutes, then try again."
              .formatted(ATTEMPTS_WINDOW.toMinutes()),
          ATTEMPTS_WINDOW);
    }
  }

  private boolean admit(Issuer issuer, String subject, Instant now) {
    return throttle.admit(issuer.tenant(), subject, ATTEMPTS_MAX, ATTEMPTS_WINDOW, now);
  }

  /// From here on it is a request like any other, bound to this browser; its answer goes to the
  /// device and not to a redirect URI.
  private HttpResponse takeOn(
      Issuer issuer, HttpRequest request, UserCode code, DeviceRequest found, Instant now) {
    Browser browser = Browser.of(issuer, request, random);
    Instant end = now.plus(AuthorizeEndpoint.PENDING_LIFETIME);
    PendingAuthorization pending =
        PendingAuthorization.ofDevice(
            found,
            new PendingId(random.id("ask")),
            browser.hash(),
            code.text(),
            issuer.url(DeviceEndEndpoint.APPROVED),
            now,
            end.isBefore(found.expiresAt()) ? end : found.expiresAt());
    if (!devices.claim(issuer.tenant(), found.user(), pending.id(), now)) {
      throw PendingRequests.ended();
    }
    pendings.insert(pending);
    return browser.mark(
        HttpResponse.seeOther(issuer.root() + PendingRequests.path(pending).value()).noStore());
  }

  private void record(
      Issuer issuer,
      HttpRequest request,
      SignedIn signedIn,
      DeviceRequest found,
      String type,
      Instant now) {
    audit.appendLater(
        new AuditEvent(
            issuer.tenant(),
            now,
            type,
            signedIn.user().id().value(),
            null,
            "access_denied",
            request.id(),
            Map.of("client", found.client().value(), "address", found.address())));
  }

  private HttpResponse show(
      Issuer issuer, SignedIn signedIn, int status, String code, @Nullable String error) {
    return pages.show(status, page(issuer, signedIn, code, error, null, null, clock.instant()));
  }

  private Page page(
      Issuer issuer,
      SignedIn signedIn,
      String code,
      @Nullable String error,
      @Nullable Client client,
      @Nullable DeviceRequest found,
      Instant now) {
    Tenant tenant = tenants.find(issuer.tenant());
    DeviceView view =
        new DeviceView(
            tenant == null ? "Mandate" : tenant.name(),
            signedIn.user().displayName(),
            Csrf.token(signedIn.cookie(), FORM),
            Csrf.token(signedIn.cookie(), Sessions.SIGN_OUT),
            code,
            error,
            client == null ? null : client.name(),
            found == null ? "" : found.address(),
            found == null ? "" : ago(found, now));
    String title = error == null ? "Connect a device" : "Error: connect a device";
    return Page.of("device", title, issuer.root(), view);
  }

  private static String ago(DeviceRequest found, Instant now) {
    Duration age = Duration.between(found.createdAt(), now);
    return age.toMinutes() < 1
        ? "less than a minute"
        : Words.duration(Duration.ofMinutes(age.toMinutes()));
  }
}

package dev.mandate.oauth.device;

import dev.mandate.domain.authorization.DeviceRequest;
import dev.mandate.domain.authorization.DeviceStore;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.authorize.AuthorizeChecks;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/// `POST /oauth/device_authorization` (RFC 8628 §3.1): a device asks, and gets a code for itself
/// and one for a person.
///
/// There is no `verification_uri_complete`: a link that carries the code needs no device in front
/// of whoever opens it, which is how people are talked into approving another's (RFC 10027).
public final class DeviceAuthorizationEndpoint implements Endpoint {
  /// The grant type, which the client must be registered for (§3.4).
  public static final String GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code";

  public static final String PAGE = "/device";

  /// Short, for whoever is called and told to type a code has this long to think (RFC 10027).
  static final Duration LIFETIME = Duration.ofMinutes(10);

  /// §3.2.
  static final Duration INTERVAL = Duration.ofSeconds(5);

  private static final int TRIES_MAX = 5;

  private final Issuers issuers;
  private final ClientAuthentication authentication;
  private final AuthorizeChecks checks;
  private final DeviceStore devices;
  private final TokenSource random;
  private final InstantSource clock;

  public DeviceAuthorizationEndpoint(
      Issuers issuers,
      ClientAuthentication authentication,
      AuthorizeChecks checks,
      DeviceStore devices,
      TokenSource random,
      InstantSource clock) {
    this.issuers = issuers;
    this.authentication = authentication;
    this.checks = checks;
    this.devices = devices;
    this.random = random;
    this.clock = clock;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    Parameters form = request.form();
    Client client = authentication.authenticate(issuer, request, form);
    if (!client.grantTypes().contains(GRANT_TYPE)) {
      throw new OAuthException(
          OAuthError.UNAUTHORIZED_CLIENT, "this client may not use the device grant");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    AuthorizeChecks.Asked asked = checks.device(issuer, client, form, now);
    Secret device = random.token();
    UserCode user = keep(issuer, client, asked, device, request.remoteAddress(), now);
    return HttpResponse.json(
            200,
            Json.object()
                .put("device_code", device.reveal())
                .put("user_code", user.text())
                .put("verification_uri", issuer.url(PAGE))
                .put("expires_in", LIFETIME.toSeconds())
                .put("interval", INTERVAL.toSeconds()))
        .noStore();
  }

  private UserCode keep(
      Issuer issuer,
      Client client,
      AuthorizeChecks.Asked asked,
      Secret device,
      String address,
      Instant now) {
    for (int i = 0; i < TRIES_MAX; i++) {
      UserCode user = UserCode.random(random);
      DeviceRequest request =
          new DeviceRequest(
              issuer.tenant(),
              TokenHash.of(device),
              user.hash(issuer.tenant()),
              client.id(),
              asked.scopes(),
              asked.terms(),
              asked.resources(),
              address,
              now,
              now.plus(LIFETIME));
      if (devices.insert(request, INTERVAL)) {
        return user;
      }
    }
    throw new OAuthException(
        OAuthError.TEMPORARILY_UNAVAILABLE, "there is no free user code at the moment, try again");
  }
}

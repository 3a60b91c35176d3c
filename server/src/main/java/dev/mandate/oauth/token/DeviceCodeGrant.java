package dev.mandate.oauth.token;

import dev.mandate.domain.authorization.DeviceRequest;
import dev.mandate.domain.authorization.DeviceStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.token.RefreshTokens;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.device.DeviceAuthorizationEndpoint;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.time.InstantSource;

/// RFC 8628 §3.4: the device asks whether the person has answered, and once gets what it was given.
public final class DeviceCodeGrant implements Grant {
  private final DeviceStore devices;
  private final RefreshTokens refreshTokens;
  private final InstantSource clock;

  public DeviceCodeGrant(DeviceStore devices, RefreshTokens refreshTokens, InstantSource clock) {
    this.devices = devices;
    this.refreshTokens = refreshTokens;
    this.clock = clock;
  }

  @Override
  public String type() {
    return DeviceAuthorizationEndpoint.GRANT_TYPE;
  }

  @Override
  public boolean needsConfidentialClient() {
    return false;
  }

  @Override
  public String whyNoDetails() {
    return "the person decided on them already; send them with the device authorization request";
  }

  @Override
  public Offer look(AuthenticatedRequest request) {
    Secret presented = TokenRequest.required(request.parameters().deviceCode(), "device_code");
    TokenHash hash = TokenHash.of(presented);
    DeviceRequest found = devices.find(request.tenant(), hash);
    // §3.4: issued to this client; another's poll must not slow it down.
    if (found == null || !found.client().equals(request.client().id())) {
      throw unknown();
    }
    return switch (devices.poll(request.tenant(), hash, clock.instant())) {
      case DeviceStore.Poll.Approved(var mandate, var authenticatedAt) ->
          new Offer(
              mandate,
              found.resources(),
              approved -> redeem(request, found, approved, authenticatedAt));
      // §3.5.
      case DeviceStore.Poll.Waiting() ->
          throw new OAuthException(
              OAuthError.AUTHORIZATION_PENDING, "the person has not answered yet");
      case DeviceStore.Poll.TooSoon(var interval) ->
          throw new OAuthException(
              OAuthError.POLLED_TOO_SOON,
              "the device polls too often, expected %d seconds between two polls"
                  .formatted(interval.toSeconds()));
      case DeviceStore.Poll.Denied() ->
          throw new OAuthException(OAuthError.DEVICE_DENIED, "the person denied the request");
      case DeviceStore.Poll.Expired() ->
          throw new OAuthException(
              OAuthError.EXPIRED_TOKEN, "the device code has expired; start again");
      case DeviceStore.Poll.Unknown() -> throw unknown();
    };
  }

  private Redeemed redeem(
      AuthenticatedRequest request, DeviceRequest found, Mandate mandate, Instant authenticatedAt) {
    if (!devices.consume(request.tenant(), found.device(), clock.instant())) {
      throw unknown();
    }
    SignIn signIn = new SignIn(authenticatedAt, null);
    if (!request.client().grantTypes().contains(RefreshTokenGrant.TYPE)) {
      return new Redeemed(null, signIn);
    }
    // RFC 9449 §5.
    String bound = request.client().isPublic() ? request.thumbprint() : null;
    return new Redeemed(refreshTokens.issue(mandate, found.resources(), bound), signIn);
  }

  private static OAuthException unknown() {
    return new OAuthException(
        OAuthError.INVALID_GRANT, "the device code is unknown or was used before");
  }
}

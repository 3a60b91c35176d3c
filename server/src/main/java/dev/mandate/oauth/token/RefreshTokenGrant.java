package dev.mandate.oauth.token;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.token.RefreshToken;
import dev.mandate.domain.token.RefreshTokens;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.crypto.Secret;

/// RFC 6749 §6 with the rotation of RFC 9700 §4.14.2, made so that parallel refreshes and lost
/// answers don't kill a family and a stolen token does (`RefreshTokenStore`).
public final class RefreshTokenGrant implements Grant {
  public static final String TYPE = "refresh_token";

  private final RefreshTokens tokens;
  private final ReplayAlarm alarm;

  public RefreshTokenGrant(RefreshTokens tokens, ReplayAlarm alarm) {
    this.tokens = tokens;
    this.alarm = alarm;
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public boolean needsConfidentialClient() {
    return false;
  }

  @Override
  public String whyNoDetails() {
    return "a refresh changes nothing of the mandate; narrow it with resource or scope instead";
  }

  @Override
  public Offer look(AuthenticatedRequest request) {
    Secret presented = TokenRequest.required(request.parameters().refreshToken(), "refresh_token");
    RefreshToken found = tokens.find(request.tenant(), presented);
    if (found == null) {
      throw refused("the refresh token is unknown, expired or revoked");
    }
    // RFC 6749 §6: bound to the client that it was issued to.
    if (!found.client().equals(request.client().id())) {
      throw new OAuthException(
          OAuthError.INVALID_GRANT,
          "the refresh token is unknown, expired or revoked",
          request.client().id() + " presents a refresh token of " + found.client(),
          null);
    }
    // RFC 9449 §5: a public client's refresh token is bound to the key that it was issued for.
    if (found.thumbprint() != null && !found.thumbprint().equals(request.thumbprint())) {
      throw refused("the refresh token is bound to a key that the request does not prove to have");
    }
    return new Offer(
        found.mandate(), found.resources(), mandate -> redeem(request, found, presented, mandate));
  }

  private Redeemed redeem(
      AuthenticatedRequest request, RefreshToken found, Secret presented, Mandate mandate) {
    return switch (tokens.rotate(mandate, found, presented)) {
      case RefreshTokens.Outcome.Successor(var successor) -> new Redeemed(successor, null);
      case RefreshTokens.Outcome.Superseded() ->
          throw refused("the refresh token was used before and its successor is in use");
      case RefreshTokens.Outcome.Reused(var stolen) -> {
        alarm.raise(request, stolen, "refresh_token");
        throw refused("the refresh token was used before; the mandate behind it is revoked");
      }
      case RefreshTokens.Outcome.Unknown() ->
          throw refused("the refresh token is unknown, expired or revoked");
    };
  }

  private static OAuthException refused(String description) {
    return new OAuthException(OAuthError.INVALID_GRANT, description);
  }
}

package dev.mandate.oauth.token;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.token.AuthorizationCode;
import dev.mandate.domain.token.CodeStore;
import dev.mandate.domain.token.RefreshTokens;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.pkce.Pkce;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.time.InstantSource;
import java.util.Objects;

/// RFC 6749 §4.1.3 with RFC 7636 §4.5.
///
/// A request that fails a check leaves the code usable for whoever it belongs to. Only then is the
/// code used up; a second use revokes what came of the first.
public final class AuthorizationCodeGrant implements Grant {
  public static final String TYPE = "authorization_code";

  private final CodeStore codes;
  private final RefreshTokens refreshTokens;
  private final ReplayAlarm alarm;
  private final InstantSource clock;

  public AuthorizationCodeGrant(
      CodeStore codes, RefreshTokens refreshTokens, ReplayAlarm alarm, InstantSource clock) {
    this.codes = codes;
    this.refreshTokens = refreshTokens;
    this.alarm = alarm;
    this.clock = clock;
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
    return "the person decided on them already; leave them out of the token request";
  }

  @Override
  public Offer look(AuthenticatedRequest request) {
    Secret presented = TokenRequest.required(request.parameters().code(), "code");
    AuthorizationCode code = codes.find(request.tenant(), TokenHash.of(presented));
    if (code == null) {
      throw refused("the code is unknown or expired");
    }
    // RFC 6749 §4.1.3: issued to this client. Another client's attempt must not burn it.
    if (!code.client().equals(request.client().id())) {
      throw new OAuthException(
          OAuthError.INVALID_GRANT,
          "the code is unknown or expired",
          request.client().id() + " presents a code of " + code.client(),
          null);
    }
    // RFC 6749 §4.1.3: identical to the authorization request's.
    if (!Objects.equals(code.redirectUri(), request.parameters().redirectUri())) {
      throw refused("redirect_uri is not the one of the authorization request");
    }
    // RFC 7636 §4.6. Every code has a challenge, so every redemption needs the verifier.
    Secret verifier = TokenRequest.required(request.parameters().codeVerifier(), "code_verifier");
    if (!Pkce.isVerifier(verifier.reveal())) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST,
          "code_verifier is not 43 to 128 letters, digits, '-', '.', '_' or '~'");
    }
    if (!Pkce.matches(verifier.reveal(), code.codeChallenge())) {
      throw refused("code_verifier does not match the code_challenge");
    }
    // RFC 9449 §10: bound to a key when it was asked for.
    if (code.thumbprint() != null && !code.thumbprint().equals(request.thumbprint())) {
      throw refused("the code is bound to a key that the request does not prove to have");
    }
    return new Offer(code.mandate(), code.resources(), mandate -> redeem(request, code, mandate));
  }

  private Redeemed redeem(AuthenticatedRequest request, AuthorizationCode code, Mandate mandate) {
    // RFC 6749 §4.1.2: used twice, all that was issued on it dies. Before the look at the clock, so
    // that a late replay is recognised too.
    if (!codes.consume(request.tenant(), code.hash(), clock.instant())) {
      alarm.raise(request, code.mandate(), "code");
      throw refused("the code was used before; the mandate behind it is revoked");
    }
    if (!clock.instant().isBefore(code.expiresAt())) {
      throw refused("the code is unknown or expired");
    }
    SignIn signIn = new SignIn(code.authenticatedAt(), code.nonce());
    if (!request.client().grantTypes().contains(RefreshTokenGrant.TYPE)) {
      return new Redeemed(null, signIn);
    }
    // RFC 9449 §5: a public client has nothing else to prove that the token is its own.
    String bound = request.client().isPublic() ? request.thumbprint() : null;
    return new Redeemed(refreshTokens.issue(mandate, code.resources(), bound), signIn);
  }

  private static OAuthException refused(String description) {
    return new OAuthException(OAuthError.INVALID_GRANT, description);
  }
}

package dev.mandate.oauth.token;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.time.InstantSource;
import java.util.List;

/// RFC 6749 §4.4: a service acts under the standing mandate that its tenant gave it. No person, so
/// no ID token; no refresh token either (§4.4.3), since the client can ask again at any time.
public final class ClientCredentialsGrant implements Grant {
  public static final String TYPE = "client_credentials";

  private final MandateStore mandates;
  private final InstantSource clock;

  public ClientCredentialsGrant(MandateStore mandates, InstantSource clock) {
    this.mandates = mandates;
    this.clock = clock;
  }

  @Override
  public String type() {
    return TYPE;
  }

  /// RFC 6749 §4.4: confidential clients only.
  @Override
  public boolean needsConfidentialClient() {
    return true;
  }

  @Override
  public String whyNoDetails() {
    return "the standing mandate of the client applies; nothing can be asked for here";
  }

  @Override
  public Offer look(AuthenticatedRequest request) {
    Mandate standing = mandates.standing(request.tenant(), request.client().id(), clock.instant());
    if (standing == null) {
      throw new OAuthException(
          OAuthError.UNAUTHORIZED_CLIENT, "the tenant has given this client no standing mandate");
    }
    return new Offer(standing.id(), List.of(), _ -> Redeemed.NOTHING_MORE);
  }
}

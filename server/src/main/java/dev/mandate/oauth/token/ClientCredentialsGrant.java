package dev.mandate.oauth.token;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Snapshot;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// RFC 6749 §4.4: a service acts under the standing mandate that its tenant gave it. No person, so
/// no ID token; no refresh token either (§4.4.3), since the client can ask again at any time.
public final class ClientCredentialsGrant implements Grant {
  public static final String TYPE = "client_credentials";

  private static final int KEPT_MAX = 10_000;

  private final MandateStore mandates;
  private final InstantSource clock;
  private final Snapshot<ClientId, Mandate> kept;

  public ClientCredentialsGrant(MandateStore mandates, ChangeFeed changes, InstantSource clock) {
    this.mandates = mandates;
    this.clock = clock;
    this.kept =
        new Snapshot<>(changes, KEPT_MAX, Change.MandateRevoked.class, Change.ClientChanged.class);
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
    Mandate standing = standing(request.tenant(), request.client().id());
    if (standing == null) {
      throw new OAuthException(
          OAuthError.UNAUTHORIZED_CLIENT, "the tenant has given this client no standing mandate");
    }
    return new Offer(standing.id(), List.of(), _ -> Redeemed.NOTHING_MORE);
  }

  private @Nullable Mandate standing(TenantId tenant, ClientId client) {
    Instant now = clock.instant();
    Mandate known = kept.kept(tenant, client);
    return known != null && !known.isExpired(now)
        ? known
        : kept.read(tenant, client, () -> mandates.standing(tenant, client, now));
  }
}

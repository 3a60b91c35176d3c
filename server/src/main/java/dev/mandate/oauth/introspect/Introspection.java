package dev.mandate.oauth.introspect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.domain.token.LiveTokens;
import dev.mandate.domain.token.RefreshToken;
import dev.mandate.domain.token.RefreshTokens;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/// Finds out what a string is and what holds of it now: an access token, a refresh token, or an API
/// key.
///
/// No `username`: a resource server needs `sub`, and who may see a name asks userinfo.
public final class Introspection {
  private final LiveTokens accessTokens;
  private final RefreshTokens refreshTokens;
  private final ApiKeys apiKeys;
  private final RightsReader rights;
  private final Restraints restraints;
  private final InstantSource clock;

  public Introspection(
      LiveTokens accessTokens,
      RefreshTokens refreshTokens,
      ApiKeys apiKeys,
      RightsReader rights,
      Restraints restraints,
      InstantSource clock) {
    this.accessTokens = accessTokens;
    this.refreshTokens = refreshTokens;
    this.apiKeys = apiKeys;
    this.rights = rights;
    this.restraints = restraints;
    this.clock = clock;
  }

  /// @param client that the token was issued to; null for an API key of the admin API
  record Told(@Nullable ClientId client, ObjectNode json) {}

  /// Null for what does not hold now.
  @Nullable Told of(Issuer issuer, Secret token) {
    String text = token.reveal();
    if (text.indexOf('.') >= 0) {
      return accessToken(issuer, token);
    }
    return ApiKeyFormat.isWellFormed(text) ? apiKey(issuer, token) : refreshToken(issuer, token);
  }

  private @Nullable Told accessToken(Issuer issuer, Secret token) {
    LiveTokens.Live live = accessTokens.find(issuer, token);
    if (live == null) {
      return null;
    }
    AccessTokenClaims claims = live.claims();
    Instant now = clock.instant();
    ObjectNode json = active(issuer, live.rights(), live.scopes());
    json.put("token_type", claims.thumbprint() == null ? "Bearer" : DpopProofs.SCHEME)
        .put("exp", claims.expiresAt().getEpochSecond())
        .put("iat", claims.issuedAt().getEpochSecond())
        .put("jti", claims.jti());
    claims.audience().forEach(json.putArray("aud")::add);
    bound(json, claims.thumbprint());
    details(json, live.access(now), now);
    return new Told(claims.client(), json);
  }

  private @Nullable Told refreshToken(Issuer issuer, Secret token) {
    RefreshToken found = refreshTokens.findUsable(issuer.tenant(), token);
    Instant now = clock.instant();
    Rights worth = found == null ? null : live(issuer, found.mandate(), now);
    if (found == null
        || worth == null
        || !restraints.admits(issuer.tenant(), null, found.client())) {
      return null;
    }
    ObjectNode json = active(issuer, worth, worth.scopes());
    json.put("token_type", "refresh_token").put("exp", found.expiresAt().getEpochSecond());
    bound(json, found.thumbprint());
    details(json, left(worth, now), now);
    return new Told(found.client(), json);
  }

  private @Nullable Told apiKey(Issuer issuer, Secret token) {
    Instant now = clock.instant();
    TokenHash hash = TokenHash.of(token);
    ApiKey key = apiKeys.store().find(issuer.tenant(), hash);
    if (key == null || !key.isLive(hash, now)) {
      return null;
    }
    MandateId mandate = key.mandate();
    if (mandate == null) {
      return scopedKey(issuer, token, hash, now);
    }
    Rights worth = live(issuer, mandate, now);
    if (worth == null || !restraints.admits(issuer.tenant(), key.id(), worth.mandate().client())) {
      return null;
    }
    ObjectNode json = active(issuer, worth, worth.scopes());
    describe(json, key, hash);
    // Mandate ∩ key. The key's limits are of all of it together, so no detail can carry them.
    List<LlmAccess> own = new ArrayList<>();
    for (LlmAccess one : left(worth, now)) {
      LlmAccess within = key.bounds().within(one);
      if (within != null) {
        own.add(within);
      }
    }
    details(json, own, now);
    return new Told(worth.mandate().client(), json);
  }

  /// A key with scopes: of the admin API, or to introspect.
  private @Nullable Told scopedKey(Issuer issuer, Secret token, TokenHash hash, Instant now) {
    ApiKeys.Holder holder = apiKeys.holder(issuer.tenant(), token, now);
    if (holder == null || !restraints.admits(issuer.tenant(), holder.key().id(), null)) {
      return null;
    }
    ApiKey key = holder.key();
    ObjectNode json =
        Json.object()
            .put("active", true)
            .put("iss", issuer.url())
            .put("sub", key.owner() == null ? key.id().value() : key.owner().value())
            .put("tenant", key.tenant().value());
    if (!holder.scopes().isEmpty()) {
      json.put("scope", String.join(" ", holder.scopes()));
    }
    json.putArray("aud").add(issuer.url(AdminScope.RESOURCE));
    describe(json, key, hash);
    return new Told(null, json);
  }

  private static void describe(ObjectNode json, ApiKey key, TokenHash hash) {
    json.put("token_type", "api_key")
        .put("exp", key.endOf(hash).getEpochSecond())
        .put("iat", key.createdAt().getEpochSecond())
        .put("jti", key.id().value());
  }

  /// RFC 9449 §6.2: whoever judges the token asks its bearer for a proof of this key.
  private static void bound(ObjectNode json, @Nullable String thumbprint) {
    if (thumbprint != null) {
      json.putObject("cnf").put("jkt", thumbprint);
    }
  }

  private @Nullable Rights live(Issuer issuer, MandateId mandate, Instant now) {
    Rights worth = rights.read(issuer.tenant(), mandate);
    return worth == null || !worth.isLive(now) ? null : worth;
  }

  private static List<LlmAccess> left(Rights worth, Instant now) {
    List<LlmAccess> left = new ArrayList<>();
    for (@Nullable LlmAccess one : worth.effective()) {
      if (one != null && now.isBefore(one.expiresAt())) {
        left.add(one);
      }
    }
    return left;
  }

  /// RFC 7662 §2.2, with two members of our own.
  private static ObjectNode active(Issuer issuer, Rights worth, SortedSet<String> scopes) {
    Mandate mandate = worth.mandate();
    ObjectNode json =
        Json.object()
            .put("active", true)
            .put("iss", issuer.url())
            .put("sub", AccessTokens.subject(mandate))
            .put("client_id", mandate.client().value())
            .put("tenant", mandate.tenant().value())
            .put("mandate", mandate.id().value());
    if (!scopes.isEmpty()) {
      json.put("scope", String.join(" ", scopes));
    }
    return json;
  }

  /// RFC 9396 §9.2: as they hold today.
  private static void details(ObjectNode json, List<LlmAccess> left, Instant now) {
    if (!left.isEmpty()) {
      json.set("authorization_details", AuthorizationDetails.write(left, now));
    }
  }
}

package dev.mandate.oauth.introspect;

import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.observe.RequestFacts;
import java.time.InstantSource;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Lets who has an API key with the scope `introspect` ask as a client would: the key in
/// `Authorization: Bearer` or `X-API-Key` (RFC 7662 §2.1 leaves the way open).
public final class KeyAuthentication {
  private static final String BEARER = "bearer ";

  private final ApiKeys keys;
  private final Restraints restraints;
  private final InstantSource clock;

  public KeyAuthentication(ApiKeys keys, Restraints restraints, InstantSource clock) {
    this.keys = keys;
    this.restraints = restraints;
    this.clock = clock;
  }

  /// @throws OAuthException `invalid_request` when an API key stands in the URL, where it is found
  ///   now and written down
  void refuseInUrl(HttpRequest request) {
    String query = request.rawQuery();
    if (query != null && !ApiKeyFormat.findIn(query).isEmpty()) {
      keys.leaks().inUrl(query, LeakPlace.INTROSPECTION_URL, request.id());
      throw new OAuthException(
          OAuthError.INVALID_REQUEST,
          "an API key is not accepted in a URL, where logs keep it; rotate it");
    }
  }

  /// Whether the request came with a key that may ask; false when it came with none, and somebody
  /// else has to say who asks.
  ///
  /// @throws OAuthException for a key that may not, in one answer whatever the reason; for two that
  ///   differ; for one that is not taken from there, or is suspended
  boolean authenticate(TenantId tenant, HttpRequest request, Parameters form) {
    Secret presented = presented(request);
    if (presented == null) {
      return false;
    }
    if (form.has("client_id") || form.has("client_secret")) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "an API key and a client are named, expected one of the two");
    }
    ApiKeys.Holder holder = keys.holder(tenant, presented, clock.instant());
    if (holder == null || !holder.scopes().contains(ApiKeys.INTROSPECT)) {
      throw new OAuthException(
          OAuthError.INVALID_CLIENT,
          "the client is not authenticated",
          "no API key that may introspect was presented",
          null);
    }
    if (!holder.key().bounds().admits(request.remoteAddress())) {
      throw new OAuthException(
          OAuthError.ACCESS_DENIED, "the API key is not taken from this address");
    }
    if (!restraints.admits(tenant, holder.key().id(), null)) {
      throw OAuthException.suspended();
    }
    keys.used(holder.key(), request.remoteAddress(), clock.instant());
    RequestFacts.current().apiKey(holder.key().id().value());
    return true;
  }

  private static @Nullable Secret presented(HttpRequest request) {
    SortedSet<String> found = new TreeSet<>();
    boolean other = false;
    for (String header : request.headers().all("authorization")) {
      if (header.regionMatches(true, 0, BEARER, 0, BEARER.length())
          && ApiKeyFormat.isWellFormed(header.substring(BEARER.length()).strip())) {
        found.add(header.substring(BEARER.length()).strip());
      } else {
        other = true;
      }
    }
    request.headers().all("x-api-key").forEach(key -> found.add(key.strip()));
    if (found.isEmpty()) {
      return null;
    }
    if (found.size() > 1 || other) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "two credentials that differ, expected one");
    }
    return Secret.of(found.first());
  }
}

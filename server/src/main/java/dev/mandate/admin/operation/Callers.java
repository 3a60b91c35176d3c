package dev.mandate.admin.operation;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.dpop.InvalidProof;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.domain.token.RevokedTokenStore;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.platform.observe.RequestFacts;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Says who calls, and what that caller may do right now: an API key of the tenant, or an OAuth
/// access token for this tenant's admin API (RFC 6750, RFC 9068).
///
/// What a token says is where its rights end, not where they begin: they are cut down to what its
/// mandate, its client's policy and its user's role give at this moment.
public final class Callers {
  private static final String BEARER = "bearer ";
  private static final String DPOP = "dpop ";
  private static final int CREDENTIAL_CHARACTERS_MAX = 8192;

  private final ApiKeys keys;
  private final AccessTokens tokens;
  private final RevokedTokenStore revoked;
  private final RightsReader rights;
  private final ClientStore clients;
  private final UserStore users;
  private final DpopProofs proofs;
  private final Restraints restraints;
  private final Activity activity;
  private final InstantSource clock;

  public Callers(
      ApiKeys keys,
      AccessTokens tokens,
      RevokedTokenStore revoked,
      RightsReader rights,
      ClientStore clients,
      UserStore users,
      DpopProofs proofs,
      Restraints restraints,
      Activity activity,
      InstantSource clock) {
    this.keys = keys;
    this.tokens = tokens;
    this.revoked = revoked;
    this.rights = rights;
    this.clients = clients;
    this.users = users;
    this.proofs = proofs;
    this.restraints = restraints;
    this.activity = activity;
    this.clock = clock;
  }

  /// @throws Refused 401; 400 for two credentials that differ or one in the URL; 403 for an API key
  ///   that is not taken from there, and for a key or client that is suspended
  Caller authenticate(Issuer issuer, HttpRequest request) {
    refuseInUrl(request);
    Presented credential = presented(issuer, request);
    Secret presented = credential.secret;
    Caller caller =
        ApiKeyFormat.isWellFormed(presented.reveal())
            ? byKey(issuer.tenant(), presented, request.remoteAddress())
            : byToken(issuer, request, credential);
    if (caller == null) {
      activity.stranger(issuer.tenant(), request.remoteAddress());
      throw Problem.INVALID_CREDENTIALS
          .because("what was presented is not a live API key or access token of this tenant")
          .with("www-authenticate", challenge(issuer) + ", error=\"invalid_token\"");
    }
    identify(RequestFacts.current(), caller);
    return caller;
  }

  /// Counts how a request of this caller ended, as the gateway counts calls.
  void count(Caller caller, HttpRequest request, int status) {
    CallerId id =
        caller.client() == null
            ? CallerId.of(caller.tenant(), new ApiKeyId(caller.id()))
            : CallerId.of(caller.tenant(), caller.client());
    if (Activity.isRefusal(status)) {
      activity.refused(id, request.remoteAddress());
    } else {
      activity.answered(id, request.remoteAddress());
    }
  }

  private void refuseInUrl(HttpRequest request) {
    String query = request.rawQuery();
    if (query != null && !ApiKeyFormat.findIn(query).isEmpty()) {
      keys.leaks().inUrl(query, LeakPlace.ADMIN_URL, request.id());
      throw Problem.CREDENTIAL_IN_URL.because(
          "an API key is not accepted in a URL, where logs keep it; rotate it and send the new one"
              + " in a header");
    }
  }

  private static void identify(RequestFacts facts, Caller caller) {
    if (caller.client() == null || caller.mandate() == null) {
      facts.apiKey(caller.id());
    } else {
      facts.client(caller.client().value()).mandate(caller.mandate().value());
    }
    if (caller.user() != null) {
      facts.user(caller.user().value());
    }
  }

  /// @throws Refused 403, naming the scope (RFC 6750 §3.1)
  static void require(Issuer issuer, Caller caller, AdminScope scope) {
    if (!caller.scopes().contains(scope.wire())) {
      throw Problem.INSUFFICIENT_SCOPE
          .because("this needs the scope " + scope.wire())
          .with(
              "www-authenticate",
              challenge(issuer) + ", error=\"insufficient_scope\", scope=\"" + scope.wire() + "\"");
    }
  }

  private static String challenge(Issuer issuer) {
    return "Bearer realm=\"" + issuer.url(AdminScope.RESOURCE) + "\"";
  }

  /// @param dpop whether it came under the scheme DPoP (RFC 9449 §7.1)
  private record Presented(Secret secret, boolean dpop) {}

  private static Presented presented(Issuer issuer, HttpRequest request) {
    SortedSet<String> found = new TreeSet<>();
    boolean dpop = false;
    for (String header : request.headers().all("authorization")) {
      if (header.regionMatches(true, 0, DPOP, 0, DPOP.length())) {
        found.add(header.substring(DPOP.length()).strip());
        dpop = true;
      } else if (header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
        found.add(header.substring(BEARER.length()).strip());
      }
    }
    request.headers().all("x-api-key").forEach(key -> found.add(key.strip()));
    if (found.size() > 1) {
      throw Problem.INVALID_REQUEST.because(
          "Authorization and X-API-Key carry two credentials that differ, expected one");
    }
    if (found.isEmpty() || found.first().isEmpty()) {
      // RFC 6750 §3.1: no error code for a request without any credential.
      throw Problem.INVALID_CREDENTIALS
          .because("an API key or access token is needed, in Authorization: Bearer or X-API-Key")
          .with("www-authenticate", challenge(issuer));
    }
    return new Presented(Secret.of(found.first()), dpop);
  }

  private @Nullable Caller byKey(TenantId tenant, Secret presented, String from) {
    Instant now = clock.instant();
    ApiKeys.Holder holder = keys.holder(tenant, presented, now);
    if (holder == null) {
      return null;
    }
    ApiKey key = holder.key();
    if (!key.bounds().admits(from)) {
      activity.refused(CallerId.of(tenant, key.id()), from);
      throw Problem.ADDRESS_NOT_ALLOWED.because("the API key is not taken from this address");
    }
    requireAdmitted(tenant, key.id(), null);
    keys.used(key, from, now);
    return new Caller(
        tenant, key.id().value(), key.owner(), null, null, holder.scopes(), key.expiresAt());
  }

  private @Nullable Caller byToken(Issuer issuer, HttpRequest request, Presented credential) {
    Secret presented = credential.secret;
    if (presented.reveal().length() > CREDENTIAL_CHARACTERS_MAX) {
      return null;
    }
    AccessTokenClaims claims;
    try {
      claims = tokens.verify(issuer, issuer.url(AdminScope.RESOURCE), presented.reveal());
    } catch (InvalidJwt _) {
      // Which check failed is of no use to who presents a token that isn't good here.
      return null;
    }
    requirePossession(issuer, request, credential, claims);
    TenantId tenant = issuer.tenant();
    if (revoked.isRevoked(tenant, claims.jti())) {
      return null;
    }
    Rights right = rights.read(tenant, claims.mandate());
    if (right == null
        || right.suspended() != null
        || right.mandate().isRevoked()
        || right.isExpired(clock.instant())
        || !right.mandate().client().equals(claims.client())) {
      return null;
    }
    Client client = clients.find(tenant, claims.client());
    if (client == null || client.disabled()) {
      return null;
    }
    SortedSet<String> scopes = new TreeSet<>(claims.scopes());
    scopes.retainAll(right.mandate().scopes());
    scopes.retainAll(client.scopes());
    UserId user = right.mandate().user();
    if (user != null && !narrowToUser(tenant, user, scopes)) {
      return null;
    }
    scopes.retainAll(AdminScope.names());
    requireAdmitted(tenant, null, claims.client());
    return new Caller(
        tenant, claims.mandate().value(), user, claims.client(), claims.mandate(), scopes, null);
  }

  /// Last: only who holds a credential that is good otherwise learns of it.
  private void requireAdmitted(TenantId tenant, @Nullable ApiKeyId key, @Nullable ClientId client) {
    if (!restraints.admits(tenant, key, client)) {
      throw Problem.CALLER_SUSPENDED.because(Restraints.SUSPENDED);
    }
  }

  /// RFC 9449 §7.1: a token that is bound to a key comes with a proof of it, used once in the
  /// store.
  private void requirePossession(
      Issuer issuer, HttpRequest request, Presented credential, AccessTokenClaims claims) {
    String thumbprint = claims.thumbprint();
    String realm = issuer.url(AdminScope.RESOURCE);
    if ((thumbprint != null) != credential.dpop) {
      throw Problem.INVALID_CREDENTIALS
          .because(
              thumbprint == null
                  ? "the access token is bound to no key, expected Authorization: Bearer"
                  : "the access token is bound to a key, expected Authorization: DPoP and a proof")
          .with("www-authenticate", DpopProofs.challenge(realm, "invalid_token"));
    }
    if (thumbprint == null) {
      return;
    }
    try {
      proofs.verify(DpopProofs.Request.of(issuer, request, credential.secret), thumbprint);
    } catch (InvalidProof e) {
      throw Problem.INVALID_CREDENTIALS
          .because(e.detail())
          .with("www-authenticate", DpopProofs.challenge(realm, e.code()));
    }
  }

  /// The answer with the nonce for the caller's next proof, where it makes any.
  HttpResponse marked(Issuer issuer, HttpRequest request, HttpResponse response) {
    return proofs.marked(issuer, request, response);
  }

  /// Cuts `scopes` down to what the person's role gives today.
  ///
  /// @return false when the person may do nothing any more
  private boolean narrowToUser(TenantId tenant, UserId id, SortedSet<String> scopes) {
    User user = users.find(tenant, id);
    if (user == null || user.disabled()) {
      return false;
    }
    scopes.retainAll(user.role().adminScopes());
    return true;
  }

  /// Ways of authenticating, as the OpenAPI document names them.
  static List<String> schemes() {
    return List.of("bearer_key", "header_key");
  }
}

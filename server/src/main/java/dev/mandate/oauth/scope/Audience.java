package dev.mandate.oauth.scope;

import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;

/// Decides which resources an access token is for (RFC 8707 §2.2): always at least one, each of an
/// upstream in the mandate; the issuer itself where the mandate has no upstream.
public final class Audience {
  private final UpstreamStore upstreams;

  public Audience(UpstreamStore upstreams) {
    this.upstreams = upstreams;
  }

  /// @param scopes of the token; an upstream whose `llm:` scope the mandate has and the token
  ///   doesn't is left out
  /// @param bound what the authorization request named; empty when it named none
  /// @param asked what this request names; empty when it names none
  /// @return the upstreams' names by their resources, in order; the issuer maps to an empty name
  /// @throws OAuthException `invalid_target`
  public Map<String, String> of(
      Issuer issuer,
      Mandate mandate,
      SortedSet<String> scopes,
      List<String> bound,
      List<String> asked) {
    Map<String, String> possible = resources(issuer, mandate, scopes);
    if (!bound.isEmpty()) {
      possible.keySet().retainAll(bound);
    }
    if (!asked.isEmpty()) {
      for (String resource : asked) {
        if (!possible.containsKey(resource)) {
          throw new OAuthException(
              OAuthError.INVALID_TARGET,
              "a resource is not one that this mandate covers, expected any of "
                  + possible.keySet());
        }
      }
      possible.keySet().retainAll(asked);
    }
    if (possible.isEmpty()) {
      throw new OAuthException(
          OAuthError.INVALID_TARGET, "no resource is left that this mandate covers");
    }
    return possible;
  }

  private Map<String, String> resources(Issuer issuer, Mandate mandate, SortedSet<String> scopes) {
    Set<String> names = new HashSet<>();
    for (LlmAccess access : mandate.access()) {
      names.add(access.upstream());
    }
    Map<String, String> resources = new LinkedHashMap<>();
    if (names.isEmpty()) {
      resources.put(issuer.url(), "");
      return resources;
    }
    for (String scope : droppedScopes(mandate, scopes)) {
      names.remove(Scopes.upstream(scope));
    }
    for (Upstream upstream : upstreams.all(mandate.tenant())) {
      if (names.contains(upstream.name())) {
        resources.put(upstream.resource(issuer), upstream.name());
      }
    }
    return resources;
  }

  private static List<String> droppedScopes(Mandate mandate, SortedSet<String> scopes) {
    List<String> dropped = new ArrayList<>(mandate.scopes());
    dropped.removeAll(scopes);
    dropped.removeIf(scope -> Scopes.upstream(scope) == null);
    return dropped;
  }
}

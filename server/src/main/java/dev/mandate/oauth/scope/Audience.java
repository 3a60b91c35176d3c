package dev.mandate.oauth.scope;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Snapshot;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Decides which resources an access token is for (RFC 8707 §2.2), always at least one.
///
/// - LLM upstreams may share a token.
/// - Userinfo joins them when the token has the scope `openid`, unless the client named resources
///   and userinfo is not among them: an OpenID Connect client calls it with the one token that it
///   gets, and a client that restricts its token gets it restricted.
/// - The admin API stands alone: who is handed a token for a model must not be able to administer
///   the tenant with it. Where a mandate has both, a token is for the models unless the client
///   names the admin API as `resource`, or only its scopes as `scope`. A token has either the admin
///   scopes or the others.
/// - The issuer itself, where nothing else is left: such a token opens nothing.
public final class Audience {
  /// The userinfo endpoint, a resource of its own.
  public static final String USERINFO = "/oauth/userinfo";

  private static final int TENANTS_MAX = 1_000;

  private final UpstreamStore upstreams;
  private final Snapshot<TenantId, List<Upstream>> kept;

  public Audience(UpstreamStore upstreams, ChangeFeed changes) {
    this.upstreams = upstreams;
    this.kept = new Snapshot<>(changes, TENANTS_MAX);
  }

  /// What a token is for.
  ///
  /// @param resources names of upstreams by resource, in order; empty names for what is none
  /// @param scopes that the token carries
  public record Target(Map<String, String> resources, SortedSet<String> scopes) {}

  /// @param scopes granted; an upstream whose `llm:` scope the mandate has and these don't is left
  ///   out
  /// @param named scopes that this request names; null when it names none
  /// @param bound resources that the authorization request named; empty when it named none
  /// @param asked resources that this request names; empty when it names none
  /// @throws OAuthException `invalid_target`
  public Target of(
      Issuer issuer,
      Mandate mandate,
      SortedSet<String> scopes,
      @Nullable SortedSet<String> named,
      List<String> bound,
      List<String> asked) {
    SortedSet<String> admin = new TreeSet<>(scopes);
    admin.removeIf(scope -> !AdminScope.exists(scope));
    String adminApi = issuer.url(AdminScope.RESOURCE);
    Map<String, String> possible = possible(issuer, mandate, scopes, admin);
    if (!bound.isEmpty()) {
      possible.keySet().retainAll(bound);
    }
    if (!asked.isEmpty()) {
      requireCovered(possible, asked);
      possible.keySet().retainAll(asked);
      if (possible.size() > 1 && possible.containsKey(adminApi)) {
        throw new OAuthException(
            OAuthError.INVALID_TARGET,
            "a token for " + adminApi + " stands alone: ask for the other resources in another");
      }
    }
    boolean alone =
        possible.containsKey(adminApi)
            && (possible.size() == 1
                || !possible.values().stream().anyMatch(name -> !name.isEmpty())
                || (named != null && admin.containsAll(named)));
    if (alone) {
      return new Target(Map.of(adminApi, ""), admin);
    }
    possible.remove(adminApi);
    if (possible.isEmpty()) {
      throw new OAuthException(
          OAuthError.INVALID_TARGET, "no resource is left that this mandate covers");
    }
    SortedSet<String> others = new TreeSet<>(scopes);
    others.removeAll(admin);
    return new Target(possible, others);
  }

  private static void requireCovered(Map<String, String> possible, List<String> asked) {
    for (String resource : asked) {
      if (!possible.containsKey(resource)) {
        throw new OAuthException(
            OAuthError.INVALID_TARGET,
            "a resource is not one that this mandate covers, expected any of " + possible.keySet());
      }
    }
  }

  private Map<String, String> possible(
      Issuer issuer, Mandate mandate, SortedSet<String> scopes, SortedSet<String> admin) {
    Map<String, String> resources = new LinkedHashMap<>();
    Set<String> names = new HashSet<>();
    for (LlmAccess access : mandate.access()) {
      names.add(access.upstream());
    }
    boolean none = names.isEmpty();
    for (String scope : droppedScopes(mandate, scopes)) {
      names.remove(Scopes.upstream(scope));
    }
    if (!names.isEmpty()) {
      for (Upstream upstream : upstreams(mandate.tenant())) {
        if (names.contains(upstream.name())) {
          resources.put(upstream.resource(issuer), upstream.name());
        }
      }
    }
    // A service has no person to tell of.
    if (scopes.contains(Scopes.OPENID) && mandate.user() != null) {
      resources.put(issuer.url(USERINFO), "");
    }
    if (!admin.isEmpty()) {
      resources.put(issuer.url(AdminScope.RESOURCE), "");
    }
    if (none && resources.isEmpty()) {
      resources.put(issuer.url(), "");
    }
    return resources;
  }

  private List<Upstream> upstreams(TenantId tenant) {
    List<Upstream> all = kept.find(tenant, tenant, () -> upstreams.all(tenant));
    return Objects.requireNonNull(all);
  }

  private static List<String> droppedScopes(Mandate mandate, SortedSet<String> scopes) {
    List<String> dropped = new ArrayList<>(mandate.scopes());
    dropped.removeAll(scopes);
    dropped.removeIf(scope -> Scopes.upstream(scope) == null);
    return dropped;
  }
}

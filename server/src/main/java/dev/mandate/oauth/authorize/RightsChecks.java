package dev.mandate.oauth.authorize;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.domain.tier.ModelTiers;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.scope.Audience;
import dev.mandate.oauth.scope.Resources;
import dev.mandate.oauth.scope.Scopes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What is asked for. Asking for what nobody can give is an error that helps the developer; asking
/// for more than this person can give is settled with the person, at consent.
final class RightsChecks {
  private static final int DETAILS_CHARACTERS_MAX = 16_000;

  private final UpstreamStore upstreams;
  private final ModelTierStore tiers;

  RightsChecks(UpstreamStore upstreams, ModelTierStore tiers) {
    this.upstreams = upstreams;
    this.tiers = tiers;
  }

  /// RFC 6749 §3.3: every scope is one that the client may ask for, and names an upstream that the
  /// client may reach, or a tier that there is, where it names one.
  void scopesAreTheClients(Draft draft) {
    SortedSet<String> scopes = Scopes.parse(draft.sent.one("scope"));
    Client client = draft.client();
    for (String scope : scopes) {
      if (!client.scopes().contains(scope)) {
        throw new OAuthException(
            OAuthError.INVALID_SCOPE,
            "this client may not ask for scope '"
                + scope
                + "', expected any of "
                + new TreeSet<>(client.scopes()));
      }
      String upstream = Scopes.upstream(scope);
      if (upstream != null
          && (upstreams.find(draft.issuer.tenant(), upstream) == null
              || policy(client, upstream) == null)) {
        throw new OAuthException(
            OAuthError.INVALID_SCOPE,
            "scope '" + scope + "' names an upstream that this client cannot reach");
      }
      if (ModelTier.isScope(scope) && tiersOf(draft).ofScope(scope) == null) {
        throw new OAuthException(
            OAuthError.INVALID_SCOPE, "scope '" + scope + "' names a tier that there is not");
      }
    }
    draft.scopes = scopes;
  }

  /// RFC 9396 §5: the details parse, and every upstream, model and capability in them is known to
  /// the tenant and within the client's policy.
  void detailsAreKnown(Draft draft) {
    String json = draft.sent.one("authorization_details");
    if (json == null) {
      return;
    }
    if (json.length() > DETAILS_CHARACTERS_MAX) {
      throw invalid(
          "authorization_details has %d characters, expected at most %d"
              .formatted(json.length(), DETAILS_CHARACTERS_MAX));
    }
    List<LlmTerms> terms;
    try {
      terms = AuthorizationDetails.parse(json);
    } catch (AuthorizationDetails.InvalidDetails e) {
      String message = String.valueOf(e.getMessage());
      throw new OAuthException(OAuthError.INVALID_AUTHORIZATION_DETAILS, message, message, e);
    }
    for (int i = 0; i < terms.size(); i++) {
      isKnown(draft, terms.get(i), "authorization_details/" + i);
    }
    draft.terms = terms;
  }

  private void isKnown(Draft draft, LlmTerms terms, String at) {
    Upstream upstream = upstreams.find(draft.issuer.tenant(), terms.upstream());
    LlmTerms policy = policy(draft.client(), terms.upstream());
    if (upstream == null || policy == null) {
      throw invalid(
          at
              + "/upstream is '"
              + MessageChecks.shortened(terms.upstream())
              + "', expected any of "
              + reachable(draft));
    }
    if (terms.models() != null) {
      Set<String> known = new TreeSet<>(upstream.modelsByName().keySet());
      if (policy.models() != null) {
        known.retainAll(policy.models());
      }
      for (String model : terms.models()) {
        if (!known.contains(model)) {
          throw invalid(
              at
                  + "/models has '"
                  + MessageChecks.shortened(model)
                  + "', expected any of "
                  + known);
        }
      }
    }
    if (terms.capabilities() != null) {
      Set<Capability> known = capabilities(upstream);
      if (policy.capabilities() != null) {
        known.retainAll(policy.capabilities());
      }
      for (Capability capability : terms.capabilities()) {
        if (!known.contains(capability)) {
          throw invalid(
              at
                  + "/capabilities has '"
                  + capability.wire()
                  + "', expected any of "
                  + known.stream().map(Capability::wire).toList());
        }
      }
    }
  }

  private static Set<Capability> capabilities(Upstream upstream) {
    Set<Capability> all = new TreeSet<>();
    for (Model model : upstream.models()) {
      all.addAll(model.capabilities());
    }
    return all;
  }

  private List<String> reachable(Draft draft) {
    return upstreams.all(draft.issuer.tenant()).stream()
        .map(Upstream::name)
        .filter(name -> policy(draft.client(), name) != null)
        .toList();
  }

  private ModelTiers tiersOf(Draft draft) {
    return new ModelTiers(tiers.all(draft.issuer.tenant()));
  }

  /// A scope `llm:{upstream}` asks for everything there, unless the details speak of that upstream
  /// already; a scope of a tier for its models, where neither does. Neither scope nor details: the
  /// client's defaults (RFC 6749 §3.3).
  void somethingIsAsked(Draft draft) {
    Client client = draft.client();
    List<LlmTerms> terms = new ArrayList<>(draft.terms);
    if (draft.scopes.isEmpty() && terms.isEmpty()) {
      draft.scopes = new TreeSet<>(client.defaultScopes());
      terms.addAll(client.defaultAccess());
    }
    for (String scope : draft.scopes) {
      String upstream = Scopes.upstream(scope);
      if (upstream != null && terms.stream().noneMatch(t -> t.upstream().equals(upstream))) {
        terms.add(LlmTerms.unbounded(upstream));
      }
    }
    if (ModelTier.anyScope(draft.scopes)) {
      terms.addAll(ofTiers(draft, terms));
    }
    if (draft.scopes.isEmpty() && terms.isEmpty()) {
      throw new OAuthException(
          OAuthError.INVALID_SCOPE,
          "the request has neither scope nor authorization_details, and this client has no"
              + " default");
    }
    draft.terms = terms;
  }

  /// Only what the client can reach: a tier may have models at other upstreams too.
  private List<LlmTerms> ofTiers(Draft draft, List<LlmTerms> asked) {
    ModelTiers all = tiersOf(draft);
    List<LlmTerms> terms = new ArrayList<>();
    for (Upstream upstream : upstreams.all(draft.issuer.tenant())) {
      Set<String> models = new TreeSet<>();
      for (String scope : draft.scopes) {
        ModelTier tier = all.ofScope(scope);
        if (tier != null) {
          models.addAll(all.models(tier, upstream));
        }
      }
      if (!models.isEmpty()
          && policy(draft.client(), upstream.name()) != null
          && asked.stream().noneMatch(one -> one.upstream().equals(upstream.name()))) {
        terms.add(new LlmTerms(upstream.name(), models, null, Limits.NONE, null));
      }
    }
    return terms;
  }

  /// RFC 8707 §2: a resource is one of the upstreams that the request asks for, or what its scopes
  /// open.
  void resourcesAreAsked(Draft draft) {
    List<String> resources = Resources.parse(draft.sent.all(Resources.PARAMETER));
    List<String> asked = new ArrayList<>();
    for (LlmTerms terms : draft.terms) {
      Upstream upstream = upstreams.find(draft.issuer.tenant(), terms.upstream());
      if (upstream != null) {
        asked.add(upstream.resource(draft.issuer));
      }
    }
    if (draft.scopes.contains(Scopes.OPENID)) {
      asked.add(draft.issuer.url(Audience.USERINFO));
    }
    if (draft.scopes.stream().anyMatch(AdminScope::exists)) {
      asked.add(draft.issuer.url(AdminScope.RESOURCE));
    }
    for (String resource : resources) {
      if (!asked.contains(resource)) {
        throw new OAuthException(
            OAuthError.INVALID_TARGET,
            "resource '"
                + MessageChecks.shortened(resource)
                + "' is not among those that this request asks for: "
                + asked);
      }
    }
    draft.resources = resources;
  }

  private static @Nullable LlmTerms policy(Client client, String upstream) {
    for (LlmTerms terms : client.policy()) {
      if (terms.upstream().equals(upstream)) {
        return terms;
      }
    }
    return null;
  }

  private static OAuthException invalid(String description) {
    return new OAuthException(OAuthError.INVALID_AUTHORIZATION_DETAILS, description);
  }
}

package dev.mandate.oauth.consent;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.credential.WhoPays;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.domain.tier.ModelTiers;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.html.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Settles what a person can give: asked ∩ the client's policy ∩ the person's entitlements ∩ the
/// catalogue ∩ what tiers open.
public final class Offers {
  private final UpstreamStore upstreams;
  private final UserStore users;
  private final ModelTierStore tiers;
  private final PromptStore prompts;
  private final WhoPays whoPays;

  public Offers(
      UpstreamStore upstreams,
      UserStore users,
      ModelTierStore tiers,
      PromptStore prompts,
      WhoPays whoPays) {
    this.upstreams = upstreams;
    this.users = users;
    this.tiers = tiers;
    this.prompts = prompts;
    this.whoPays = whoPays;
  }

  Offer settle(Tenant tenant, Client client, User user, PendingAuthorization pending) {
    List<LlmTerms> entitlements = users.entitlements(tenant.id(), user.role());
    Open open = open(tenant, client, user, pending);
    List<Givable> givable = new ArrayList<>();
    List<String> lost = new ArrayList<>();
    for (LlmTerms asked : pending.terms()) {
      Upstream upstream = upstreams.find(tenant.id(), asked.upstream());
      if (upstream == null) {
        lost.add(asked.upstream() + ", which your organisation does not have any more");
        continue;
      }
      LlmTerms policy = of(client.policy(), asked.upstream());
      LlmTerms entitlement = of(entitlements, asked.upstream());
      LlmTerms bound = policy == null || entitlement == null ? null : policy.and(entitlement);
      if (bound == null || part(tenant, upstream, asked, bound, open) == null) {
        lost.add(upstream.displayName());
      } else {
        givable.add(new Givable(upstream, asked, bound));
      }
    }
    List<Offer.Part> parts =
        parts(tenant, givable, open).stream()
            .map(part -> part.paidBy(whoPays.at(tenant.id(), part.upstream().name(), user.id())))
            .toList();
    Duration lifetime =
        parts.stream()
            .map(Offer.Part::lifetime)
            .max(Duration::compareTo)
            .orElse(shorter(tenant.mandateLifetime(), tenant.mandateLifetimeMax()));
    SortedSet<String> scopes = scopes(pending, parts);
    List<ModelTier> given = new ArrayList<>();
    for (ModelTier tier : open.tiers.all()) {
      if (scopes.contains(tier.scope()) && !open.held.contains(tier.scope())) {
        scopes.remove(tier.scope());
        lost.add("the models of the tier " + tier.displayName());
      } else if (scopes.contains(tier.scope())) {
        given.add(tier);
      }
    }
    // One that there is no more opens nothing.
    scopes.removeIf(scope -> ModelTier.isScope(scope) && !open.held.contains(scope));
    for (AdminScope scope : AdminScope.values()) {
      // Nobody lets an app administer what they may not administer themselves; nor does consent
      // outlive the client's own registration.
      if (scopes.contains(scope.wire())
          && !(user.role().adminScopes().contains(scope.wire())
              && client.scopes().contains(scope.wire()))) {
        scopes.remove(scope.wire());
        lost.add("to " + AdminWords.of(scope));
      }
    }
    List<PromptCategory> categories = categories(tenant, client, user, scopes, lost);
    return new Offer(parts, scopes, given, categories, lost, lifetime);
  }

  /// Takes away the scopes of categories that the person can't give.
  private List<PromptCategory> categories(
      Tenant tenant, Client client, User user, SortedSet<String> scopes, List<String> lost) {
    List<PromptCategory> given = new ArrayList<>();
    for (String scope : List.copyOf(scopes)) {
      if (!PromptCategory.isScope(scope)) {
        continue;
      }
      PromptCategory category =
          prompts.category(tenant.id(), scope.substring(PromptCategory.SCOPE_PREFIX.length()));
      if (category != null
          && client.scopes().contains(scope)
          && category.isOpenTo(user.role().name())) {
        given.add(category);
      } else {
        scopes.remove(scope);
        lost.add("prompts of the category " + (category == null ? scope : category.displayName()));
      }
    }
    return given;
  }

  /// What tiers there are, and which of them are opened here.
  ///
  /// @param asked all scopes
  /// @param held those of tiers that the client may have and the person may give
  private record Open(ModelTiers tiers, Set<String> asked, Set<String> held) {
    boolean has(Upstream upstream, Model model) {
      return tiers.opens(asked, held, upstream.name(), model.name());
    }
  }

  private Open open(Tenant tenant, Client client, User user, PendingAuthorization pending) {
    ModelTiers all = new ModelTiers(tiers.all(tenant.id()));
    Set<String> held = new TreeSet<>();
    for (ModelTier tier : all.all()) {
      if (pending.scopes().contains(tier.scope())
          && client.scopes().contains(tier.scope())
          && tier.isGivableBy(user.role().name())) {
        held.add(tier.scope());
      }
    }
    return new Open(all, pending.scopes(), held);
  }

  /// @param bound of all that is asked of this upstream together
  private record Givable(Upstream upstream, LlmTerms asked, LlmTerms bound) {}

  private static List<Offer.Part> parts(Tenant tenant, List<Givable> givable, Open open) {
    List<Offer.Part> parts = new ArrayList<>();
    for (Givable one : givable) {
      List<LlmTerms> there =
          givable.stream()
              .map(Givable::asked)
              .filter(asked -> asked.upstream().equals(one.asked.upstream()))
              .toList();
      LlmTerms share = Shares.of(one.bound, there).get(there.indexOf(one.asked));
      Offer.Part part = part(tenant, one.upstream, one.asked, share, open);
      if (part != null) {
        parts.add(part);
      }
    }
    return parts;
  }

  private static SortedSet<String> scopes(PendingAuthorization pending, List<Offer.Part> parts) {
    SortedSet<String> scopes = new TreeSet<>(pending.scopes());
    scopes.removeIf(
        scope -> {
          String upstream = Scopes.upstream(scope);
          return upstream != null
              && parts.stream().noneMatch(part -> part.upstream().name().equals(upstream));
        });
    return scopes;
  }

  /// Null when nothing is left.
  private static Offer.@Nullable Part part(
      Tenant tenant, Upstream upstream, LlmTerms asked, LlmTerms bound, Open open) {
    LlmTerms granted = asked.and(bound);
    Set<Capability> capabilities = new TreeSet<>();
    List<Model> models = new ArrayList<>();
    for (Model model : upstream.models()) {
      Set<Capability> usable = new TreeSet<>(model.capabilities());
      if (granted.capabilities() != null) {
        usable.retainAll(granted.capabilities());
      }
      boolean allowed =
          (granted.models() == null || granted.models().contains(model.name()))
              && open.has(upstream, model);
      if (allowed && !usable.isEmpty()) {
        models.add(model);
        capabilities.addAll(usable);
      }
    }
    if (models.isEmpty()) {
      return null;
    }
    if (asked.capabilities() == null) {
      // What outlives the call is given to those who ask for it by its name.
      capabilities.remove(Capability.STORED_STATE);
    }
    if (asked.capabilities() == null && capabilities.contains(Capability.CHAT)) {
      // Conversing includes both: to name them again would only puzzle the person.
      capabilities.removeAll(Set.of(Capability.RESPONSES, Capability.MESSAGES));
    }
    Duration wanted = asked.expiresIn() == null ? tenant.mandateLifetime() : asked.expiresIn();
    Duration lifetime = shorter(wanted, tenant.mandateLifetimeMax());
    if (bound.expiresIn() != null) {
      lifetime = shorter(lifetime, bound.expiresIn());
    }
    List<String> cuts = new ArrayList<>();
    cutModels(upstream, asked, models, cuts);
    cutCapabilities(asked, capabilities, cuts);
    cutLimits(asked.limits(), granted.limits(), cuts);
    if (asked.expiresIn() != null && asked.expiresIn().compareTo(lifetime) > 0) {
      cuts.add(
          "it asked for %s; you can give at most %s"
              .formatted(Words.duration(asked.expiresIn()), Words.duration(lifetime)));
    }
    return new Offer.Part(
        upstream,
        models,
        List.copyOf(capabilities),
        granted.limits(),
        granted.categories(),
        lifetime,
        cuts,
        WhoPays.Payer.TENANT);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static @Nullable LlmTerms of(List<LlmTerms> terms, String upstream) {
    return terms.stream().filter(t -> t.upstream().equals(upstream)).findFirst().orElse(null);
  }

  private static void cutModels(
      Upstream upstream, LlmTerms asked, List<Model> given, List<String> cuts) {
    if (asked.models() == null) {
      return;
    }
    Set<String> missing = new LinkedHashSet<>(new TreeSet<>(asked.models()));
    given.forEach(model -> missing.remove(model.name()));
    if (!missing.isEmpty()) {
      cuts.add(
          "it asked for "
              + Words.list(missing.stream().map(name -> display(upstream, name)).toList())
              + ", which you can't give");
    }
  }

  private static String display(Upstream upstream, String name) {
    Model model = upstream.model(name);
    return model == null ? name : model.displayName();
  }

  private static void cutCapabilities(LlmTerms asked, Set<Capability> given, List<String> cuts) {
    if (asked.capabilities() == null) {
      return;
    }
    for (Capability capability : new TreeSet<>(asked.capabilities())) {
      if (!given.contains(capability)) {
        cuts.add(
            "it asked to '"
                + capability.words().toLowerCase(Locale.ROOT)
                + "', which you can't give");
      }
    }
  }

  private static void cutLimits(Limits asked, Limits given, List<String> cuts) {
    for (Limit limit : asked.bounded()) {
      if (given.bounds(limit) && given.most(limit) < asked.most(limit)) {
        cuts.add(
            "it asked for %s; you can give at most %s"
                .formatted(
                    LimitWords.of(limit, asked.most(limit)),
                    LimitWords.of(limit, given.most(limit))));
      }
    }
  }
}

package dev.mandate.oauth.consent;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.credential.WhoPays;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The most that this person can give to this request.
///
/// @param parts one for each upstream that something can be given of
/// @param scopes without those of upstreams that nothing can be given of, and without those of the
///   admin API that the person's role has not
/// @param tiers whose scopes are among them
/// @param categories of prompts whose scopes are among them
/// @param lost what was asked for and can't be given at all, in words
/// @param lifetime of the mandate at most
public record Offer(
    List<Part> parts,
    SortedSet<String> scopes,
    List<ModelTier> tiers,
    List<PromptCategory> categories,
    List<String> lost,
    Duration lifetime) {
  public Offer {
    parts = List.copyOf(parts);
    tiers = List.copyOf(tiers);
    categories = List.copyOf(categories);
    lost = List.copyOf(lost);
  }

  /// Nothing of what was asked for can be given.
  public boolean isNothing() {
    return parts.isEmpty() && administers().isEmpty() && (scopes.isEmpty() || !lost.isEmpty());
  }

  /// What it lets the app administer.
  public SortedSet<AdminScope> administers() {
    SortedSet<AdminScope> administers = new TreeSet<>();
    for (AdminScope scope : AdminScope.values()) {
      if (scopes.contains(scope.wire())) {
        administers.add(scope);
      }
    }
    return administers;
  }

  /// @param models at least one
  /// @param capabilities at least one
  /// @param categories of prompts that it is for; null for any
  /// @param cuts what of this part was asked for and can't be given, in words
  /// @param payer whose key at the upstream pays, as things are
  public record Part(
      Upstream upstream,
      List<Model> models,
      List<Capability> capabilities,
      Limits limits,
      @Nullable Set<String> categories,
      Duration lifetime,
      List<String> cuts,
      WhoPays.Payer payer) {
    public Part {
      models = List.copyOf(models);
      capabilities = List.copyOf(capabilities);
      cuts = List.copyOf(cuts);
    }

    Part paidBy(WhoPays.Payer who) {
      return new Part(upstream, models, capabilities, limits, categories, lifetime, cuts, who);
    }
  }
}

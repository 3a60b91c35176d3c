package dev.mandate.domain.tier;

import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Upstream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// All tiers of a tenant at one moment. Each model is in at most one: in the one that lists it by
/// its own name, or else in the one that lists its alias with its dated versions.
public final class ModelTiers {
  public static final ModelTiers NONE = new ModelTiers(List.of());

  private final List<ModelTier> all;
  private final Map<Named, ModelTier> exact = new HashMap<>();
  private final Map<Named, ModelTier> dated = new HashMap<>();

  private record Named(String upstream, String model) {}

  public ModelTiers(List<ModelTier> all) {
    this.all = List.copyOf(all);
    for (ModelTier tier : all) {
      for (ModelTier.Models models : tier.models()) {
        Named named = new Named(models.upstream(), models.name());
        exact.putIfAbsent(named, tier);
        if (models.dated()) {
          dated.putIfAbsent(named, tier);
        }
      }
    }
  }

  public List<ModelTier> all() {
    return all;
  }

  public @Nullable ModelTier ofScope(String scope) {
    for (ModelTier tier : all) {
      if (tier.scope().equals(scope)) {
        return tier;
      }
    }
    return null;
  }

  /// The tier that a model is in; null when it is in none.
  public @Nullable ModelTier of(String upstream, String model) {
    if (all.isEmpty()) {
      return null;
    }
    ModelTier tier = exact.get(new Named(upstream, model));
    if (tier != null) {
      return tier;
    }
    String alias = DatedName.alias(model);
    return alias == null ? null : dated.get(new Named(upstream, alias));
  }

  /// Whether a model is open to who has these scopes. One in no tier is; one of a tier is with the
  /// tier's scope; one of a tier that isn't elevated is where no tier was ever named.
  ///
  /// @param given scopes of the mandate
  /// @param held of them, those that hold now and reach as far as this
  public boolean opens(Set<String> given, Set<String> held, String upstream, String model) {
    ModelTier tier = of(upstream, model);
    return tier == null
        || held.contains(tier.scope())
        || (!tier.elevated() && !ModelTier.anyScope(given));
  }

  /// What of an access is open; null when nothing is.
  ///
  /// @see #opens
  public @Nullable LlmAccess within(LlmAccess access, Set<String> given, Set<String> held) {
    if (all.isEmpty()) {
      return access;
    }
    SortedSet<String> open = new TreeSet<>(access.models());
    open.removeIf(model -> !opens(given, held, access.upstream(), model));
    if (open.size() == access.models().size()) {
      return access;
    }
    return open.isEmpty() ? null : access.withModels(open);
  }

  /// Whether a catalogue has what these name.
  public static boolean isKnown(ModelTier.Models models, Upstream upstream) {
    for (Model model : upstream.models()) {
      if (model.name().equals(models.name())
          || (models.dated() && models.name().equals(DatedName.alias(model.name())))) {
        return true;
      }
    }
    return false;
  }

  /// What a tier has of a catalogue now, by name.
  public SortedSet<String> models(ModelTier tier, Upstream upstream) {
    SortedSet<String> names = new TreeSet<>();
    for (Model model : upstream.models()) {
      if (tier.equals(of(upstream.name(), model.name()))) {
        names.add(model.name());
      }
    }
    return names;
  }
}

package dev.mandate.domain.access;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Terms for one LLM upstream where a part may be left open: what a client asks for, what a client
/// gets by default, what a tenant lets a role give away, what a client is allowed at most. An
/// absent part means "no bound from me".
///
/// @param upstream the upstream's name in the tenant, such as `openai`
/// @param models exact names
/// @param categories of prompts, as the tenant names them
public record LlmTerms(
    String upstream,
    @Nullable Set<String> models,
    @Nullable Set<Capability> capabilities,
    Limits limits,
    @Nullable Duration expiresIn,
    @Nullable Set<String> categories) {
  public LlmTerms {
    models = models == null ? null : Set.copyOf(models);
    capabilities = capabilities == null ? null : Set.copyOf(capabilities);
    categories = categories == null ? null : Set.copyOf(categories);
  }

  /// The same for prompts of any category.
  public LlmTerms(
      String upstream,
      @Nullable Set<String> models,
      @Nullable Set<Capability> capabilities,
      Limits limits,
      @Nullable Duration expiresIn) {
    this(upstream, models, capabilities, limits, expiresIn, null);
  }

  /// Everything at this upstream, without a bound.
  public static LlmTerms unbounded(String upstream) {
    return new LlmTerms(upstream, null, null, Limits.NONE, null);
  }

  /// These terms and the other's at once: only what both allow.
  public LlmTerms and(LlmTerms other) {
    if (!upstream.equals(other.upstream)) {
      throw new IllegalArgumentException(
          "terms for " + upstream + " don't combine with terms for " + other.upstream);
    }
    return new LlmTerms(
        upstream,
        common(models, other.models),
        common(capabilities, other.capabilities),
        limits.narrowest(other.limits),
        shorter(expiresIn, other.expiresIn),
        common(categories, other.categories));
  }

  private static <T> @Nullable Set<T> common(@Nullable Set<T> a, @Nullable Set<T> b) {
    if (a == null) {
      return b;
    }
    if (b == null) {
      return a;
    }
    Set<T> both = new LinkedHashSet<>(a);
    both.retainAll(b);
    return both;
  }

  private static @Nullable Duration shorter(@Nullable Duration a, @Nullable Duration b) {
    if (a == null) {
      return b;
    }
    return b == null || a.compareTo(b) <= 0 ? a : b;
  }
}

package dev.mandate.domain.access;

import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Access to one LLM upstream as a person gave it: every part settled.
///
/// @param upstream the upstream's name in the tenant
/// @param models exact names, at least one
/// @param capabilities at least one
/// @param categories of prompts that it is for; null for any, empty for none that has a category
/// @param expiresAt end of this access, never after the end of its mandate
public record LlmAccess(
    String upstream,
    SortedSet<String> models,
    Set<Capability> capabilities,
    Limits limits,
    @Nullable Set<String> categories,
    Instant expiresAt) {
  public LlmAccess {
    if (models.isEmpty() || capabilities.isEmpty()) {
      throw new IllegalArgumentException(
          "access to " + upstream + " without a model or without a capability gives nothing");
    }
    models = Collections.unmodifiableSortedSet(new TreeSet<>(models));
    capabilities = Set.copyOf(capabilities);
    categories = categories == null ? null : Set.copyOf(categories);
  }

  /// The same for prompts of any category.
  public LlmAccess(
      String upstream,
      SortedSet<String> models,
      Set<Capability> capabilities,
      Limits limits,
      Instant expiresAt) {
    this(upstream, models, capabilities, limits, null, expiresAt);
  }

  /// The same with other models.
  public LlmAccess withModels(SortedSet<String> others) {
    return new LlmAccess(upstream, others, capabilities, limits, categories, expiresAt);
  }

  /// What is left of it within these terms of the same upstream, whose end is left aside; null when
  /// nothing is.
  public @Nullable LlmAccess within(LlmTerms terms) {
    TreeSet<String> left = new TreeSet<>(models);
    if (terms.models() != null) {
      left.retainAll(terms.models());
    }
    Set<Capability> capable = new TreeSet<>(capabilities);
    if (terms.capabilities() != null) {
      capable.retainAll(terms.capabilities());
    }
    return left.isEmpty() || capable.isEmpty()
        ? null
        : new LlmAccess(
            upstream,
            left,
            capable,
            limits.narrowest(terms.limits()),
            both(categories, terms.categories()),
            expiresAt);
  }

  private static @Nullable Set<String> both(
      @Nullable Set<String> mine, @Nullable Set<String> theirs) {
    if (mine == null || theirs == null) {
      return mine == null ? theirs : mine;
    }
    Set<String> both = new TreeSet<>(mine);
    both.retainAll(theirs);
    return both;
  }
}

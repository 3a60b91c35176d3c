package dev.mandate.domain.tier;

import dev.mandate.domain.tenant.TenantId;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// A group of models of a tenant, opened by a scope.
///
/// @param name unique in the tenant; its scope is made of it
/// @param displayName for people, at consent
/// @param elevated whether its models are open to nobody without its scope. The models of any other
///   tier are also open to mandates that name no tier at all.
/// @param roles of people who may give it away; empty for all
/// @param models at least one; no model is in two tiers
public record ModelTier(
    TenantId tenant,
    String name,
    String displayName,
    boolean elevated,
    SortedSet<String> roles,
    List<Models> models) {
  public static final String SCOPE_PREFIX = "tier:";
  public static final String NAME_PATTERN = "[a-z][a-z0-9_-]{0,39}";
  public static final int MODELS_MAX = 500;

  private static final Pattern NAME = Pattern.compile(NAME_PATTERN);

  /// Models that a tier has.
  ///
  /// @param upstream whose catalogue has them
  /// @param name exact
  /// @param dated whether the name is an alias whose dated versions are meant as well
  public record Models(String upstream, String name, boolean dated) {}

  public ModelTier {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "'%s' can't name a tier, expected %s".formatted(name, NAME_PATTERN));
    }
    if (models.isEmpty() || models.size() > MODELS_MAX) {
      throw new IllegalArgumentException(
          "tier %s has %d models, expected 1 to %d".formatted(name, models.size(), MODELS_MAX));
    }
    if (elevated && roles.isEmpty()) {
      throw new IllegalArgumentException(
          "tier "
              + name
              + " is elevated and names no role that may give it, expected at least one");
    }
    roles = Collections.unmodifiableSortedSet(new TreeSet<>(roles));
    models = List.copyOf(models);
  }

  public static boolean isName(String candidate) {
    return NAME.matcher(candidate).matches();
  }

  /// Whether a scope is spelled like one of a tier.
  public static boolean isScope(String scope) {
    return scope.startsWith(SCOPE_PREFIX) && isName(scope.substring(SCOPE_PREFIX.length()));
  }

  public static boolean anyScope(Set<String> scopes) {
    for (String scope : scopes) {
      if (isScope(scope)) {
        return true;
      }
    }
    return false;
  }

  /// What a client asks for to have its models.
  public String scope() {
    return SCOPE_PREFIX + name;
  }

  /// Whether people of this role may give it away.
  public boolean isGivableBy(String role) {
    return roles.isEmpty() || roles.contains(role);
  }
}

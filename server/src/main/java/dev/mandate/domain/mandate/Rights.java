package dev.mandate.domain.mandate;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTiers;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What a mandate is worth right now: what was given ∩ what its giver may give today ∩ what its
/// client may get today.
///
/// @param effective in the order of [Mandate#access]; null where nothing is left of an entry
/// @param scopes of the mandate that hold today: one of the admin API or of a tier only while the
///   client may ask for it and the giver's role still has it, or may give it
/// @param role of the giver today; null for a mandate of the tenant itself
/// @param tiers of the tenant today
/// @param sums what bounds many mandates in sum
/// @param suspended why nothing holds at all (a disabled user or client); null when it does
public record Rights(
    Tenant tenant,
    Mandate mandate,
    List<@Nullable LlmAccess> effective,
    SortedSet<String> scopes,
    @Nullable String role,
    ModelTiers tiers,
    Sums sums,
    @Nullable String suspended) {
  public Rights {
    effective = Collections.unmodifiableList(new ArrayList<>(effective));
    scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
  }

  /// @param user null for a mandate that the tenant itself gave
  /// @param entitlements of the user's role today
  /// @param sums what bounds the sum of many mandates today
  public static Rights of(
      Tenant tenant,
      Mandate mandate,
      Client client,
      @Nullable User user,
      List<LlmTerms> entitlements,
      SumLimits sums,
      ModelTiers tiers) {
    SortedSet<String> scopes = scopes(mandate, client, user, tiers);
    List<@Nullable LlmAccess> effective = new ArrayList<>();
    for (LlmAccess given : mandate.access()) {
      LlmAccess left = narrowed(given, bound(client.policy(), given.upstream()));
      if (left != null && mandate.user() != null) {
        left = narrowed(left, bound(entitlements, given.upstream()));
      }
      effective.add(left == null ? null : tiers.within(left, mandate.scopes(), scopes));
    }
    String suspended = null;
    if (tenant.disabled()) {
      suspended = "its tenant is disabled";
    } else if (client.disabled()) {
      suspended = "its client is disabled";
    } else if (mandate.user() != null && (user == null || user.disabled())) {
      suspended = "its user is disabled";
    }
    UserId giver = mandate.user();
    String role = user == null ? null : user.role().name();
    return new Rights(
        tenant,
        mandate,
        effective,
        scopes,
        role,
        tiers,
        sums.sums(tenant.id(), mandate.client(), giver, role),
        suspended);
  }

  private static SortedSet<String> scopes(
      Mandate mandate, Client client, @Nullable User user, ModelTiers tiers) {
    SortedSet<String> scopes = new TreeSet<>(mandate.scopes());
    scopes.removeIf(
        scope ->
            (AdminScope.exists(scope) || ModelTier.isScope(scope) || PromptCategory.isScope(scope))
                && !(client.scopes().contains(scope)
                    && (mandate.user() == null
                        || (user != null && isGivable(scope, user, tiers)))));
    return scopes;
  }

  private static boolean isGivable(String scope, User user, ModelTiers tiers) {
    if (AdminScope.exists(scope)) {
      return user.role().adminScopes().contains(scope);
    }
    if (PromptCategory.isScope(scope)) {
      // Which roles a category is open to is asked at each prompt.
      return true;
    }
    ModelTier tier = tiers.ofScope(scope);
    return tier != null && tier.isGivableBy(user.role().name());
  }

  /// Whether it can be acted on at all.
  public boolean isLive(Instant now) {
    return !mandate.isRevoked() && !isExpired(now) && suspended == null;
  }

  /// What is left of it as far as a token reaches.
  ///
  /// @param details of the token, as [AuthorizationDetails#read] gives them
  /// @param issuedAt when the token was
  public List<LlmAccess> within(List<LlmTerms> details, Instant issuedAt, Instant now) {
    List<LlmAccess> left = new ArrayList<>();
    for (@Nullable LlmAccess one : effective) {
      for (LlmTerms detail : details) {
        LlmAccess both =
            one == null || !one.upstream().equals(detail.upstream()) ? null : narrowed(one, detail);
        if (both == null) {
          continue;
        }
        Instant end = both.expiresAt();
        if (detail.expiresIn() != null && issuedAt.plus(detail.expiresIn()).isBefore(end)) {
          end = issuedAt.plus(detail.expiresIn());
        }
        if (now.isBefore(end)) {
          left.add(
              new LlmAccess(
                  both.upstream(),
                  both.models(),
                  both.capabilities(),
                  both.limits(),
                  both.categories(),
                  end));
        }
      }
    }
    return left;
  }

  private static @Nullable LlmTerms bound(List<LlmTerms> terms, String upstream) {
    for (LlmTerms one : terms) {
      if (one.upstream().equals(upstream)) {
        return one;
      }
    }
    return null;
  }

  private static @Nullable LlmAccess narrowed(LlmAccess given, @Nullable LlmTerms bound) {
    return bound == null ? null : given.within(bound);
  }

  public boolean isExpired(Instant now) {
    return mandate.isExpired(now);
  }
}

package dev.mandate.domain.prompt;

import dev.mandate.domain.tenant.TenantId;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a prompt may be about, as a tenant names it.
///
/// @param name unique in the tenant
/// @param displayName for people, at consent
/// @param needsScope whether the mandate needs the scope `prompt:{name}`
/// @param roles of people whose mandates may send it; empty for all. A mandate that the tenant
///   itself gave has no person, and needs none.
/// @param shippedRules a shipped set of rules that finds it; null for own rules alone
public record PromptCategory(
    TenantId tenant,
    String name,
    String displayName,
    PromptDecision decision,
    boolean needsScope,
    SortedSet<String> roles,
    @Nullable String shippedRules) {
  public static final String SCOPE_PREFIX = "prompt:";
  public static final String NAME_PATTERN = "[a-z][a-z0-9_]{0,39}";

  private static final Pattern NAME = Pattern.compile(NAME_PATTERN);

  public PromptCategory {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "'%s' can't name a category, expected %s".formatted(name, NAME_PATTERN));
    }
    roles = Collections.unmodifiableSortedSet(new TreeSet<>(roles));
  }

  public static boolean isName(String candidate) {
    return NAME.matcher(candidate).matches();
  }

  /// Whether a scope is spelled like one of a category.
  public static boolean isScope(String scope) {
    return scope.startsWith(SCOPE_PREFIX) && isName(scope.substring(SCOPE_PREFIX.length()));
  }

  public String scope() {
    return SCOPE_PREFIX + name;
  }

  /// @param role of the person; null where there is none
  public boolean isOpenTo(@Nullable String role) {
    return roles.isEmpty() || role == null || roles.contains(role);
  }
}

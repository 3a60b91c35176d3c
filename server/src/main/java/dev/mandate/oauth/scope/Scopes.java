package dev.mandate.oauth.scope;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The scopes that exist: three of OpenID Connect, those of the admin API, one an upstream as a
/// shorthand for `authorization_details` of type `llm_access`, one a tier of models, and one a
/// category of prompts.
///
/// A scope that doesn't exist is refused rather than ignored (RFC 6749 §3.3 leaves the choice), so
/// that a typing error shows when the client is written and not when its calls fail.
public final class Scopes {
  public static final String OPENID = "openid";
  public static final String PROFILE = "profile";
  public static final String OFFLINE_ACCESS = "offline_access";

  /// Followed by the name of an upstream.
  public static final String LLM_PREFIX = "llm:";

  static final int SCOPES_MAX = 50;
  static final int CHARACTERS_MAX = 4000;

  private static final List<String> FIXED = List.of(OPENID, PROFILE, OFFLINE_ACCESS);

  /// `scope-token` of RFC 6749 §3.3.
  private static final Pattern TOKEN = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,200}");

  private Scopes() {}

  /// Reads a `scope` parameter; doubles count once.
  ///
  /// @return empty when the parameter is absent
  /// @throws OAuthException `invalid_scope`
  public static SortedSet<String> parse(@Nullable String scope) {
    SortedSet<String> scopes = new TreeSet<>();
    if (scope == null || scope.isEmpty()) {
      return scopes;
    }
    if (scope.length() > CHARACTERS_MAX) {
      throw invalid("scope has more than " + CHARACTERS_MAX + " characters");
    }
    String[] tokens = scope.split(" ", -1);
    if (tokens.length > SCOPES_MAX) {
      throw invalid("scope names more than " + SCOPES_MAX + " scopes");
    }
    for (String token : tokens) {
      if (!TOKEN.matcher(token).matches()) {
        throw invalid(
            "scope is not a list of printable names of at most 200 characters separated by single"
                + " spaces");
      }
      if (!exists(token)) {
        throw invalid(
            "there is no scope '"
                + token
                + "', expected any of "
                + FIXED
                + ", llm:{upstream}, tier:{name}, prompt:{category} or a scope of the admin API"
                + " such as "
                + AdminScope.MANDATES_READ.wire());
      }
      scopes.add(token);
    }
    return scopes;
  }

  private static boolean exists(String token) {
    return FIXED.contains(token)
        || AdminScope.exists(token)
        || upstream(token) != null
        || ModelTier.isScope(token)
        || PromptCategory.isScope(token);
  }

  /// The scope for one upstream.
  public static String llm(String upstream) {
    return LLM_PREFIX + upstream;
  }

  /// The upstream that a scope names, null when it names none.
  public static @Nullable String upstream(String scope) {
    return scope.startsWith(LLM_PREFIX) && scope.length() > LLM_PREFIX.length()
        ? scope.substring(LLM_PREFIX.length())
        : null;
  }

  /// As it stands in requests and answers.
  public static String write(SortedSet<String> scopes) {
    return String.join(" ", scopes);
  }

  /// The scopes that don't depend on the tenant's upstreams.
  public static SortedSet<String> fixed() {
    SortedSet<String> fixed = new TreeSet<>(FIXED);
    fixed.addAll(AdminScope.names());
    return Collections.unmodifiableSortedSet(fixed);
  }

  private static OAuthException invalid(String description) {
    return new OAuthException(OAuthError.INVALID_SCOPE, description);
  }
}

package dev.mandate.oauth.scope;

import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Reads the repeatable `resource` parameter (RFC 8707 §2).
public final class Resources {
  /// Its name; the only parameter that may repeat.
  public static final String PARAMETER = "resource";

  static final int RESOURCES_MAX = 20;
  static final int CHARACTERS_MAX = 2000;

  private Resources() {}

  /// Checks the syntax only: whether a resource exists and may be named is for the caller to say.
  ///
  /// @param values as sent, empty ones count as absent (RFC 6749 §3.1)
  /// @return each once, in order
  /// @throws OAuthException `invalid_target`
  public static List<String> parse(List<String> values) {
    Set<String> resources = new LinkedHashSet<>();
    for (String value : values) {
      if (!value.isEmpty()) {
        resources.add(absolute(value));
      }
    }
    if (resources.size() > RESOURCES_MAX) {
      throw invalid("more than " + RESOURCES_MAX + " resources are named");
    }
    return List.copyOf(new ArrayList<>(resources));
  }

  /// RFC 8707 §2: an absolute URI without a fragment.
  private static String absolute(String value) {
    if (value.length() > CHARACTERS_MAX) {
      throw invalid("a resource has more than " + CHARACTERS_MAX + " characters");
    }
    URI uri;
    try {
      uri = new URI(value);
    } catch (URISyntaxException e) {
      throw new OAuthException(
          OAuthError.INVALID_TARGET, "a resource is not a URI", "a resource is not a URI", e);
    }
    if (!uri.isAbsolute()) {
      throw invalid("a resource is not an absolute URI");
    }
    if (uri.getRawFragment() != null) {
      throw invalid("a resource has a fragment, expected none");
    }
    return value;
  }

  private static OAuthException invalid(String description) {
    return new OAuthException(OAuthError.INVALID_TARGET, description);
  }
}

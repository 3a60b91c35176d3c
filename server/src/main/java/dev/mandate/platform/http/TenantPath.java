package dev.mandate.platform.http;

import org.jspecify.annotations.Nullable;

/// A request's path, taken apart into its tenant and what routes are matched against.
///
/// `/t/{slug}/…` is the tenant's, and so is `/.well-known/{name}/t/{slug}…`: RFC 8414 §3.1 and RFC
/// 9728 §3.1 put the well-known name before an issuer's path. A tenant has one spelling: nothing in
/// it is decoded, folded or trimmed.
///
/// @param slug null for the tenant at the root
/// @param path with its leading slash
public record TenantPath(@Nullable String slug, String path) {
  /// What stands before the slug.
  public static final String PREFIX = "/t/";

  public static final int SLUG_CHARACTERS_MAX = 40;
  private static final String WELL_KNOWN = "/.well-known/";

  /// @param raw the path as sent
  /// @param decoded the same path, decoded
  /// @return null when the path begins as a tenant's but spells none
  static @Nullable TenantPath of(String raw, String decoded) {
    if (decoded.startsWith(PREFIX)) {
      return at(raw, decoded, 0);
    }
    if (raw.startsWith(WELL_KNOWN)) {
      int end = raw.indexOf('/', WELL_KNOWN.length());
      if (end >= 0 && raw.startsWith(PREFIX, end)) {
        return raw.equals(decoded) ? at(raw, decoded, end) : null;
      }
    }
    return new TenantPath(null, decoded);
  }

  /// @param start where [#PREFIX] stands; what is before it stays in the path
  private static @Nullable TenantPath at(String raw, String decoded, int start) {
    int from = start + PREFIX.length();
    int slash = raw.indexOf('/', from);
    int end = slash < 0 ? raw.length() : slash;
    // In the raw path: an escaped spelling would be a second one of the same tenant.
    if (!raw.startsWith(PREFIX, start) || !isSlug(raw, from, end)) {
      return null;
    }
    String rest = decoded.substring(0, start) + decoded.substring(end);
    return new TenantPath(raw.substring(from, end), rest.isEmpty() ? "/" : rest);
  }

  /// 1 to 40 lower-case letters, digits and dashes, with no dash at an end.
  public static boolean isSlug(String text) {
    return isSlug(text, 0, text.length());
  }

  private static boolean isSlug(String text, int from, int end) {
    if (end <= from || end - from > SLUG_CHARACTERS_MAX) {
      return false;
    }
    for (int i = from; i < end; i++) {
      char c = text.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!plain && (c != '-' || i == from || i == end - 1)) {
        return false;
      }
    }
    return true;
  }
}

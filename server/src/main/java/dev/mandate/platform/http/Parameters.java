package dev.mandate.platform.http;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The parameters of a query or of an `application/x-www-form-urlencoded` body, in order, doubles
/// kept.
public final class Parameters {
  public static final Parameters NONE = new Parameters(Map.of());
  static final int COUNT_MAX = 200;

  private final Map<String, List<String>> byName;

  private Parameters(Map<String, List<String>> byName) {
    this.byName = byName;
  }

  /// @throws BadRequest for a broken percent escape, the character U+0000, or more than
  ///   [#COUNT_MAX] parameters
  public static Parameters parse(@Nullable String encoded) {
    if (encoded == null || encoded.isEmpty()) {
      return NONE;
    }
    Map<String, List<String>> map = new LinkedHashMap<>();
    int count = 0;
    for (String pair : encoded.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      if (++count > COUNT_MAX) {
        throw new BadRequest("more than " + COUNT_MAX + " parameters");
      }
      int equals = pair.indexOf('=');
      String name = decode(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
      map.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
    }
    return new Parameters(map);
  }

  private static String decode(String text) {
    try {
      String decoded = URLDecoder.decode(text, StandardCharsets.UTF_8);
      // PostgreSQL cannot even look for it.
      if (decoded.indexOf('\0') >= 0) {
        throw new BadRequest("a parameter contains the character U+0000");
      }
      return decoded;
    } catch (IllegalArgumentException e) {
      throw new BadRequest("a parameter is not percent-encoded correctly", e);
    }
  }

  /// Parameters that were kept, as [#all] gave them.
  public static Parameters of(Map<String, List<String>> byName) {
    Map<String, List<String>> map = new LinkedHashMap<>();
    byName.forEach((name, values) -> map.put(name, List.copyOf(values)));
    return new Parameters(map);
  }

  /// The only value of this name; null when it is absent or empty, which RFC 6749 §3.1 treats
  /// alike.
  ///
  /// @throws BadRequest when it is there more than once (RFC 6749 §3.1, §3.2)
  public @Nullable String one(String name) {
    List<String> values = byName.getOrDefault(name, List.of());
    if (values.size() > 1) {
      throw new BadRequest(
          "parameter " + name + " is there " + values.size() + " times, expected once");
    }
    return values.isEmpty() || values.getFirst().isEmpty() ? null : values.getFirst();
  }

  /// All values, for the few parameters that may repeat (`resource`, RFC 8707 §2).
  public List<String> all(String name) {
    return byName.getOrDefault(name, List.of());
  }

  public boolean has(String name) {
    return byName.containsKey(name);
  }

  public Set<String> names() {
    return byName.keySet();
  }

  /// Encodes pairs as a query string, without the question mark.
  public static String encode(Map<String, String> pairs) {
    StringBuilder out = new StringBuilder();
    pairs.forEach(
        (name, value) ->
            out.append(out.isEmpty() ? "" : "&")
                .append(URLEncoder.encode(name, StandardCharsets.UTF_8))
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
    return out.toString();
  }

  @Override
  public String toString() {
    return byName.keySet().toString();
  }
}

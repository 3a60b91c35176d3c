package dev.mandate.platform.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// HTTP header fields; names compare without case, order within a name is kept. Immutable.
public final class Headers {
  public static final Headers NONE = new Headers(Map.of());

  private final Map<String, List<String>> byName;

  private Headers(Map<String, List<String>> byName) {
    this.byName = byName;
  }

  public static Headers of(Iterable<Map.Entry<String, String>> fields) {
    Map<String, List<String>> map = new LinkedHashMap<>();
    for (Map.Entry<String, String> field : fields) {
      map.computeIfAbsent(field.getKey().toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
          .add(field.getValue());
    }
    return new Headers(map);
  }

  /// The first value of this name.
  public @Nullable String first(String name) {
    List<String> values = all(name);
    return values.isEmpty() ? null : values.getFirst();
  }

  public List<String> all(String name) {
    return byName.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
  }

  /// These fields with all values of `name` replaced by this one.
  public Headers with(String name, String value) {
    Map<String, List<String>> map = new LinkedHashMap<>(byName);
    map.put(name.toLowerCase(Locale.ROOT), List.of(value));
    return new Headers(map);
  }

  /// These fields with one more value of `name`.
  public Headers and(String name, String value) {
    Map<String, List<String>> map = new LinkedHashMap<>(byName);
    List<String> values = new ArrayList<>(all(name));
    values.add(value);
    map.put(name.toLowerCase(Locale.ROOT), values);
    return new Headers(map);
  }

  public void forEach(BiConsumer<String, String> action) {
    byName.forEach((name, values) -> values.forEach(value -> action.accept(name, value)));
  }

  /// Only the names: values can be secrets.
  @Override
  public String toString() {
    return byName.keySet().toString();
  }
}

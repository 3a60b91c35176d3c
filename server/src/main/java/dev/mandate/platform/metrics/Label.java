package dev.mandate.platform.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A label of a metric and the set of its values, which is known or bounded before the first one is
/// seen: what a client sends never makes a series. A value is its place in that set from then on.
///
/// @param <T> what the values stand for
public abstract sealed class Label<T> {
  /// What stands for everything that found no place.
  public static final String OTHER = "other";

  /// What stands for the absence of a value.
  public static final String NONE = "none";

  private final String name;

  private Label(String name) {
    this.name = name;
  }

  /// Exactly the constants of an enum; the absence of one is `none`.
  public static <E extends Enum<E>> Label<E> of(
      String name, Class<E> type, Function<E, String> wire) {
    return of(name, type, wire, NONE);
  }

  /// @param absent what stands for the absence of a constant
  public static <E extends Enum<E>> Label<E> of(
      String name, Class<E> type, Function<E, String> wire, String absent) {
    List<String> values =
        Stream.of(type.getEnumConstants())
            .map(wire)
            .collect(ArrayList::new, List::add, List::addAll);
    values.add(absent);
    return new Constants<>(name, values);
  }

  /// `true` and `false`.
  public static Label<Boolean> flag(String name) {
    return new Flag(name);
  }

  /// Exactly these texts; every other is `other`, and the absence of one too.
  public static Label<String> texts(String name, List<String> values) {
    return new Names(name, values, 0);
  }

  /// The first `max` different texts that come; every later one is `other`.
  public static Label<String> first(String name, int max) {
    return new Names(name, List.of(), max);
  }

  public final String name() {
    return name;
  }

  /// The place of this value.
  public abstract int at(@Nullable T value);

  /// How many places there can be.
  abstract int size();

  abstract String text(int at);

  private static final class Constants<E extends Enum<E>> extends Label<E> {
    private final List<String> values;

    Constants(String name, List<String> values) {
      super(name);
      this.values = List.copyOf(values);
    }

    /// Places live as long as the process, so that the order of constants means nothing outside it.
    @Override
    @SuppressWarnings("EnumOrdinal")
    public int at(@Nullable E value) {
      return value == null ? values.size() - 1 : value.ordinal();
    }

    @Override
    int size() {
      return values.size();
    }

    @Override
    String text(int at) {
      return values.get(at);
    }
  }

  private static final class Flag extends Label<Boolean> {
    Flag(String name) {
      super(name);
    }

    @Override
    public int at(@Nullable Boolean value) {
      return value != null && value ? 1 : 0;
    }

    @Override
    int size() {
      return 2;
    }

    @Override
    String text(int at) {
      return at == 1 ? "true" : "false";
    }
  }

  private static final class Names extends Label<String> {
    /// Longer ones are not worth a line of the exposition.
    private static final int CHARACTERS_MAX = 100;

    private final Map<String, Integer> places = new ConcurrentHashMap<>();
    private final AtomicReferenceArray<@Nullable String> names;

    Names(String name, List<String> known, int more) {
      super(name);
      names = new AtomicReferenceArray<>(1 + known.size() + more);
      names.set(0, OTHER);
      known.forEach(this::place);
    }

    @Override
    public int at(@Nullable String value) {
      if (value == null) {
        return 0;
      }
      Integer place = places.get(value);
      if (place != null) {
        return place;
      }
      // Full: nothing is kept of what comes, however much of it comes.
      return places.size() >= names.length() - 1 || value.length() > CHARACTERS_MAX
          ? 0
          : place(value);
    }

    private synchronized int place(String value) {
      Integer known = places.get(value);
      if (known != null) {
        return known;
      }
      int next = places.size() + 1;
      if (next >= names.length()) {
        return 0;
      }
      names.set(next, value);
      places.put(value, next);
      return next;
    }

    @Override
    int size() {
      return names.length();
    }

    @Override
    String text(int at) {
      String text = names.get(at);
      return text == null ? OTHER : text;
    }
  }
}

package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A stretch of a list in its stable order.
///
/// @param next where the next page goes on; null on the last
public record Page(List<ObjectNode> items, @Nullable String next) {
  public static final int LIMIT_DEFAULT = 50;
  public static final int LIMIT_MAX = 200;

  /// What is asked for.
  ///
  /// @param limit items at most
  /// @param after what [Page#next] said; null on the first page
  public record Range(int limit, @Nullable String after) {
    /// How many rows to fetch: one more than the page holds tells whether another follows.
    public int rows() {
      return limit + 1;
    }

    /// Behind which row to go on, in a list that is ordered by age.
    ///
    /// @throws Refused 400
    public @Nullable Position position() {
      return after == null ? null : Position.parse(after);
    }
  }

  /// A row of a list that is ordered by age, and by id among those of one age.
  public record Position(Instant at, String id) {
    /// As [Page#of] wants it.
    public String text() {
      return at.toEpochMilli() + "/" + id;
    }

    private static Position parse(String text) {
      int slash = text.indexOf('/');
      if (slash < 1 || !text.substring(0, slash).matches("[0-9]{1,15}")) {
        throw Cursor.invalid();
      }
      return new Position(
          Instant.ofEpochMilli(Long.parseLong(text.substring(0, slash))),
          text.substring(slash + 1));
    }
  }

  /// @param fetched as many rows as [Range#rows] says, or all that are left
  /// @param position of a row in the order, from which the next page goes on behind it
  public static <T> Page of(
      List<T> fetched, Range range, Function<T, ObjectNode> json, Function<T, String> position) {
    boolean more = fetched.size() > range.limit;
    List<T> shown = more ? fetched.subList(0, range.limit) : fetched;
    return new Page(
        shown.stream().map(json).toList(), more ? position.apply(shown.getLast()) : null);
  }
}

package dev.mandate.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.mandate.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How values stand in columns.
final class Columns {
  private Columns() {}

  /// A text that the schema says is there.
  static String text(ResultSet row, String column) throws SQLException {
    String value = row.getString(column);
    if (value == null) {
      throw missing(column);
    }
    return value;
  }

  static @Nullable String textOrNull(ResultSet row, String column) throws SQLException {
    return row.getString(column);
  }

  static byte[] bytes(ResultSet row, String column) throws SQLException {
    byte[] value = row.getBytes(column);
    if (value == null) {
      throw missing(column);
    }
    return value;
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    return Instant.ofEpochMilli(row.getLong(column));
  }

  static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  static boolean flag(ResultSet row, String column) throws SQLException {
    return row.getLong(column) != 0;
  }

  static long flag(boolean value) {
    return value ? 1 : 0;
  }

  /// Null for a filter that isn't there.
  static @Nullable Long flag(@Nullable Boolean value) {
    return value == null ? null : Long.valueOf(flag(value.booleanValue()));
  }

  static @Nullable Long millis(@Nullable Instant instant) {
    return instant == null ? null : Long.valueOf(instant.toEpochMilli());
  }

  /// A JSON array of texts.
  static String texts(Collection<String> values) {
    ArrayNode array = Json.object().arrayNode();
    values.forEach(array::add);
    return Json.write(array);
  }

  static List<String> texts(ResultSet row, String column) throws SQLException {
    List<String> values = new ArrayList<>();
    for (JsonNode value : Json.parse(text(row, column))) {
      values.add(value.asText());
    }
    return values;
  }

  private static StorageException missing(String column) {
    return new StorageException("column " + column + " is null where it can't be");
  }
}

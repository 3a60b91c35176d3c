package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.json.Json;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes answers: JSON for programs, a table or lines for people.
final class Printed {
  private static final int COLUMNS_MAX = 7;
  private static final int CELL_CHARACTERS_MAX = 60;

  private Printed() {}

  static void to(PrintStream out, JsonNode answer, boolean json) {
    if (json) {
      out.println(answer.toPrettyString());
    } else if (answer.path("items").isArray()) {
      table(out, answer);
    } else {
      lines(out, answer);
    }
    out.flush();
  }

  private static void lines(PrintStream out, JsonNode answer) {
    int width = answer.propertyStream().mapToInt(m -> m.getKey().length()).max().orElse(0);
    for (Map.Entry<String, JsonNode> member : answer.properties()) {
      out.printf("%-" + (width + 2) + "s%s%n", member.getKey(), cell(member.getValue()));
    }
  }

  private static void table(PrintStream out, JsonNode page) {
    List<String> columns = columns(page.path("items"));
    List<List<String>> rows = new ArrayList<>();
    rows.add(columns);
    for (JsonNode item : page.path("items")) {
      rows.add(columns.stream().map(column -> shortened(cell(item.path(column)))).toList());
    }
    int[] widths = new int[columns.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
      }
      out.println(line.toString().stripTrailing());
    }
    if (page.has("next_cursor")) {
      out.println("… more: --all, or --cursor " + page.path("next_cursor").asText());
    }
  }

  /// The plain members, in the order in which they come.
  private static List<String> columns(JsonNode items) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode item : items) {
      item.properties().stream()
          .filter(member -> member.getValue().isValueNode())
          .map(Map.Entry::getKey)
          .forEach(names::add);
    }
    return names.stream().limit(COLUMNS_MAX).toList();
  }

  /// What a server says is data: no control character of it reaches the terminal.
  private static String cell(JsonNode value) {
    String text =
        value.isMissingNode() || value.isNull()
            ? "-"
            : value.isValueNode() ? value.asText() : Json.write(value);
    return text.replaceAll("\\p{Cntrl}", " ");
  }

  private static String shortened(String text) {
    return text.length() <= CELL_CHARACTERS_MAX
        ? text
        : text.substring(0, CELL_CHARACTERS_MAX - 1) + "…";
  }
}

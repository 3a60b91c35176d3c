package dev.mandate.reference;

import java.util.List;

/// Writes a Markdown table.
final class Table {
  private final StringBuilder out = new StringBuilder();

  Table(String... heads) {
    row(List.of(heads));
    out.append("|").append("---|".repeat(heads.length)).append('\n');
  }

  Table row(String... cells) {
    return row(List.of(cells));
  }

  private Table row(List<String> cells) {
    out.append('|');
    for (String cell : cells) {
      out.append(' ').append(cell.replace("|", "\\|").replace("\n", " ")).append(" |");
    }
    out.append('\n');
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}

package dev.mandate.reference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// `conformance.md`: what of each specification is proven by which test, from `spec/`.
final class ConformanceReference {
  private static final Path SPEC = Path.of("..", "spec");

  private ConformanceReference() {}

  static String write() throws IOException {
    Table sums = new Table("Specification", "Rows", "Proven by a test", "Excluded, with a reason");
    StringBuilder details = new StringBuilder();
    int proven = 0;
    int all = 0;
    try (Stream<Path> files = Files.list(SPEC)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        Map<?, ?> document =
            new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file));
        List<?> rows = (List<?>) Objects.requireNonNull(document.get("requirements"));
        Table table = new Table("§", "", "Requirement", "Proof");
        int checks = 0;
        for (Object each : rows) {
          Map<?, ?> row = (Map<?, ?>) each;
          Object check = row.get("check");
          checks += check == null ? 0 : 1;
          table.row(
              String.valueOf(row.get("section")),
              String.valueOf(row.get("keyword")),
              String.valueOf(row.get("says")),
              check == null ? "excluded: " + row.get("excluded") : "`" + check + "`");
        }
        proven += checks;
        all += rows.size();
        sums.row(name(document), count(rows.size()), count(checks), count(rows.size() - checks));
        details.append("\n## ").append(name(document)).append("\n\n").append(table);
      }
    }
    sums.row("**all**", count(all), count(proven), count(all - proven));
    return "# Conformance\n\nWhat a test of every build proves, requirement by requirement.\n\n"
        + sums
        + details;
  }

  private static String name(Map<?, ?> document) {
    Object rfc = document.get("rfc");
    return (rfc == null ? "" : "RFC " + rfc + " ") + document.get("title");
  }

  private static String count(int number) {
    return String.valueOf(number);
  }
}

package dev.mandate.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `docs/reference/` is what the code says. After a change: `mvn -pl server test
/// -Dtest=ReferenceTest -Dmandate.reference=write`.
class ReferenceTest {
  private static final Path FOLDER = Path.of("..", "docs", "reference");

  /// What the command line makes its commands from.
  private static final String COMMANDS =
      "../../server/src/main/resources/dev/mandate/cli/admin/openapi.json";

  @TempDir private Path data;

  private Map<String, String> pages() throws Exception {
    Map<String, String> pages = new TreeMap<>();
    try (RunningDemo demo = new RunningDemo(data)) {
      ObjectNode document = demo.adminDocument();
      pages.put(COMMANDS, document.toPrettyString() + "\n");
      pages.put("errors.md", ErrorsReference.write(document));
      pages.put("endpoints.md", EndpointsReference.write(demo.server().routes(), document));
      pages.put("metrics.md", MetricsReference.write(demo.server().metrics()));
    }
    pages.put("configuration.md", ConfigurationReference.write());
    pages.put("conformance.md", ConformanceReference.write());
    return pages;
  }

  @Test
  void theCommittedPagesAreWhatTheCodeSays() throws Exception {
    boolean write = "write".equals(System.getProperty("mandate.reference"));
    for (Map.Entry<String, String> page : pages().entrySet()) {
      Path file = FOLDER.resolve(page.getKey());
      if (write) {
        Files.createDirectories(FOLDER);
        Files.writeString(file, page.getValue());
      }
      assertThat(file).exists();
      assertThat(Files.readString(file))
          .as(page.getKey() + " is stale: see how to write it at the top of this test")
          .isEqualTo(page.getValue());
    }
  }
}

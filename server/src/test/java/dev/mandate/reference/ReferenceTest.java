package dev.mandate.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// `docs/reference/` is what the code says. After a change: `mvn -pl server test
/// -Dtest=ReferenceTest -Dmandate.reference=write`.
class ReferenceTest {
  private static final Path FOLDER = Path.of("..", "docs", "reference");

  /// What the command line makes its commands from.
  private static final String COMMANDS =
      "../../server/src/main/resources/dev/mandate/cli/admin/openapi.json";

  private static Map<String, String> pages() throws IOException {
    Map<String, String> pages = new TreeMap<>();
    pages.put("configuration.md", ConfigurationReference.write());
    pages.put("conformance.md", ConformanceReference.write());
    pages.put("errors.md", ErrorsReference.write());
    pages.put(COMMANDS, AdminReference.document());
    return pages;
  }

  @Test
  void theCommittedPagesAreWhatTheCodeSays() throws IOException {
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

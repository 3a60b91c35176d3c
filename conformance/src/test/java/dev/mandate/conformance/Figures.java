package dev.mandate.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// Where proofs leave what they counted: in the output, and in the file that a bench names.
final class Figures {
  private static final @Nullable String FILE = System.getProperty("mandate.figures");

  private Figures() {}

  @SuppressWarnings("AnnotateFormatMethod") // The annotation would be a dependency for one line.
  static synchronized void line(String format, Object... values) {
    String line = format.formatted(values);
    System.out.println(line);
    if (FILE != null && !FILE.isEmpty()) {
      try {
        Files.writeString(
            Path.of(FILE), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

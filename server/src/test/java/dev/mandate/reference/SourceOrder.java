package dev.mandate.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The members of a source file's interfaces in the order in which they stand there, which
/// reflection does not keep.
final class SourceOrder {
  private static final Pattern LINE =
      Pattern.compile("^\\s*(?:public )?(?:interface (\\w+) .*|[\\w.<>, ]+ (\\w+)\\(\\);)$");

  private SourceOrder() {}

  static List<String> of(Class<?> type) {
    Path file = Path.of("src", "main", "java", type.getName().replace('.', '/') + ".java");
    List<String> order = new ArrayList<>();
    String group = type.getSimpleName();
    try {
      for (String line : Files.readAllLines(file)) {
        Matcher matcher = LINE.matcher(line);
        if (matcher.matches()) {
          if (matcher.group(1) != null) {
            group = matcher.group(1);
          } else {
            order.add(group + "." + matcher.group(2));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return order;
  }
}

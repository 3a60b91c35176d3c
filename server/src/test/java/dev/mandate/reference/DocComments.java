package dev.mandate.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The `///` comments of a source file by what they stand on: `Type` or `Type.member`, nested types
/// by their own name. Comments are not in class files, and writing them twice makes one of them
/// wrong.
final class DocComments {
  private static final Path SOURCES = Path.of("src", "main", "java");
  private static final Pattern TYPE =
      Pattern.compile(
          "^\\s*(?:public |private |static |final |sealed )*"
              + "(?:interface|class|record|enum) (\\w+).*");
  private static final Pattern MEMBER =
      Pattern.compile("^\\s*(?:[\\w.<>,@? \\[\\]]+ )?(\\w+)\\s*(?:\\(.*|[,;]).*$");

  private final Map<String, String> comments = new HashMap<>();

  private DocComments() {}

  static DocComments of(Class<?> type) {
    Class<?> top = type;
    while (top.getEnclosingClass() != null) {
      top = top.getEnclosingClass();
    }
    Path file = SOURCES.resolve(top.getName().replace('.', '/') + ".java");
    try {
      DocComments comments = new DocComments();
      comments.read(Files.readAllLines(file));
      return comments;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read(List<String> lines) {
    List<String> types = new ArrayList<>();
    List<String> comment = new ArrayList<>();
    for (String line : lines) {
      String text = line.strip();
      if (text.startsWith("///")) {
        comment.add(text.substring(3).strip());
        continue;
      }
      if (text.startsWith("@") || text.isEmpty()) {
        continue;
      }
      Matcher type = TYPE.matcher(line);
      if (type.matches()) {
        int depth = (line.length() - line.stripLeading().length()) / 2;
        while (types.size() > depth) {
          types.removeLast();
        }
        types.addLast(type.group(1));
        keep(type.group(1), comment);
      } else if (!comment.isEmpty() && !types.isEmpty()) {
        Matcher member = MEMBER.matcher(line);
        if (member.matches()) {
          keep(types.getLast() + "." + member.group(1), comment);
        }
      }
      comment.clear();
    }
  }

  private void keep(String name, List<String> comment) {
    if (!comment.isEmpty()) {
      comments.put(name, String.join(" ", comment).strip());
    }
  }

  /// The whole comment in one line; empty when there is none.
  String text(String name) {
    return comments.getOrDefault(name, "");
  }
}

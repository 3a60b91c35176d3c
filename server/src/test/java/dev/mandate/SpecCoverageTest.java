package dev.mandate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// Every row of `spec/` names a test that exists, or the reason why there is none.
class SpecCoverageTest {
  private static final Path SPEC = Path.of("..", "spec");
  private static final Path TESTS = Path.of("target", "test-classes");
  private static final Set<String> MEMBERS =
      Set.of("id", "section", "keyword", "says", "check", "excluded");
  private static final Set<String> KEYWORDS =
      Set.of(
          "MUST",
          "MUST NOT",
          "REQUIRED",
          "SHALL",
          "SHALL NOT",
          "SHOULD",
          "SHOULD NOT",
          "RECOMMENDED",
          "MAY",
          "OPTIONAL");

  private record Row(String file, Map<?, ?> members) {
    String text(String name) {
      return members.get(name) instanceof String text ? text : "";
    }

    @Override
    public String toString() {
      return file + ": " + members.get("id");
    }
  }

  private static List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    try (Stream<Path> files = Files.list(SPEC)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
        Map<?, ?> document = yaml.load(Files.readString(file));
        if (!(document.get("requirements") instanceof List<?> requirements)) {
          throw new IllegalStateException(file + " has no list of requirements");
        }
        for (Object row : requirements) {
          rows.add(new Row(file.getFileName().toString(), (Map<?, ?>) row));
        }
      }
    }
    return rows;
  }

  @Test
  void everyRowIsWhole() throws IOException {
    assertThat(rows()).isNotEmpty();
    for (Row row : rows()) {
      assertThat(MEMBERS).as(row.toString()).containsAll(strings(row.members.keySet()));
      assertThat(row.text("id")).as(row.toString()).startsWith(prefix(row.file));
      assertThat(row.text("section")).as(row.toString()).isNotEmpty();
      assertThat(KEYWORDS).as(row.toString()).contains(row.text("keyword"));
      assertThat(row.text("says")).as(row.toString()).isNotEmpty();
      assertThat(row.text("check").isEmpty())
          .as(row + " has either a check or a reason why not")
          .isNotEqualTo(row.text("excluded").isEmpty());
    }
  }

  private static List<String> strings(Set<?> names) {
    return names.stream().map(String::valueOf).toList();
  }

  private static String prefix(String file) {
    return file.substring(0, file.length() - ".yaml".length()) + "-";
  }

  @Test
  void noIdIsThereTwice() throws IOException {
    Set<String> seen = new HashSet<>();
    assertThat(rows().stream().map(row -> row.text("id")).filter(id -> !seen.add(id))).isEmpty();
  }

  @Test
  void everyCheckIsATestThatRuns() throws IOException {
    Map<String, List<String>> classes = testClasses();
    List<String> missing = new ArrayList<>();
    for (Row row : rows()) {
      String check = row.text("check");
      int dot = check.indexOf('.');
      if (!check.isEmpty()
          && (dot < 0
              || classes.getOrDefault(check.substring(0, dot), List.of()).stream()
                  .noneMatch(name -> hasTest(name, check.substring(dot + 1))))) {
        missing.add(row + " → " + check);
      }
    }
    assertThat(missing).isEmpty();
  }

  private static Map<String, List<String>> testClasses() throws IOException {
    Map<String, List<String>> classes = new HashMap<>();
    try (Stream<Path> files = Files.walk(TESTS)) {
      for (Path file : files.filter(f -> f.toString().endsWith("Test.class")).toList()) {
        String path = TESTS.relativize(file).toString();
        String name = path.substring(0, path.length() - ".class".length()).replace('/', '.');
        classes
            .computeIfAbsent(name.substring(name.lastIndexOf('.') + 1), _ -> new ArrayList<>())
            .add(name);
      }
    }
    return classes;
  }

  private static boolean hasTest(String className, String method) {
    try {
      ClassLoader loader = SpecCoverageTest.class.getClassLoader();
      for (Class<?> type = Class.forName(className, false, loader);
          type != null;
          type = type.getSuperclass()) {
        if (Arrays.stream(type.getDeclaredMethods())
            .anyMatch(m -> m.getName().equals(method) && isTest(m))) {
          return true;
        }
      }
      return false;
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(className + " is on the disk but does not load", e);
    }
  }

  private static boolean isTest(Method method) {
    for (Class<? extends Annotation> kind : List.of(Test.class, ParameterizedTest.class)) {
      if (method.isAnnotationPresent(kind)) {
        return true;
      }
    }
    return false;
  }
}

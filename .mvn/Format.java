import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Runs google-java-format over the Java sources of one module. A source file of its own (run as
/// `java Format.java`) because Maven itself may run on a JDK too old for the formatter.
///
/// Arguments: formatter jar, `--check` or `--apply`, module folder. Exit 1 names the files that differ.
public class Format {
  public static void main(String[] args) throws IOException, InterruptedException {
    String jar = args[0];
    boolean apply = args[1].equals("--apply");
    Path src = Path.of(args[2], "src");
    if (!Files.isDirectory(src)) {
      return;
    }
    List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
    for (String pkg : List.of("api", "code", "file", "parser", "tree", "util")) {
      command.add("--add-exports=jdk.compiler/com.sun.tools.javac." + pkg + "=ALL-UNNAMED");
    }
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", jar));
    command.addAll(apply ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed"));
    try (Stream<Path> files = Files.walk(src)) {
      files.map(Path::toString).filter(f -> f.endsWith(".java")).sorted().forEach(command::add);
    }
    int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (exit != 0) {
      System.err.println("The files above differ from google-java-format. Run: mvn -Pformat validate");
      System.exit(1);
    }
  }
}

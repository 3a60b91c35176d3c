package dev.mandate.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A Mandate demo in a process of its own, on a free port, with a data folder of its own. Itself it
/// is the tenant at the root.
final class DemoServer implements Deployment, AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int START_SECONDS = 60;
  private static final int PORT_MIN = 20_000;
  private static final int PORT_MAX = 30_000;
  private static final AtomicInteger PORTS =
      new AtomicInteger(new SecureRandom().nextInt(PORT_MAX - PORT_MIN));

  private final Path folder;
  private final Path log;
  private final int port;
  private final List<String> more;
  private final int managementPort = freePort();
  private Process process;
  private JsonNode file;

  /// @param more options of `mandate demo`
  private DemoServer(Path folder, int port, List<String> more) {
    this.folder = folder;
    this.log = folder.resolveSibling(folder.getFileName() + ".log");
    this.port = port;
    this.more = List.copyOf(more);
    this.process = launch();
    this.file = awaitStart();
  }

  private static final class OnSqlite {
    static final DemoServer SERVER = untilTheEnd(fresh());
  }

  private static final class OnPostgres {
    static final DemoServer SERVER = untilTheEnd(freshOnPostgres());
  }

  /// One for all tests that don't disturb one another; ends with the JVM.
  static DemoServer shared() {
    return OnSqlite.SERVER;
  }

  /// As [#shared()], on PostgreSQL.
  static DemoServer sharedOnPostgres() {
    return OnPostgres.SERVER;
  }

  private static DemoServer untilTheEnd(DemoServer server) {
    Runtime.getRuntime().addShutdownHook(new Thread(server::killHard));
    return server;
  }

  static DemoServer fresh() {
    return start(freshFolder(), List.of());
  }

  /// On a database of its own.
  static DemoServer freshOnPostgres() {
    return start(freshFolder(), List.of("--database", Postgres.database()));
  }

  /// @param more options of `mandate demo`
  static DemoServer start(Path folder, List<String> more) {
    return new DemoServer(folder, freePort(), more);
  }

  private static Path freshFolder() {
    try {
      return Files.createTempDirectory("mandate-demo-").resolve("data");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The command line of the packaged server.
  static List<String> command(String... arguments) {
    Path jar = home().resolve("server/target/mandate.jar");
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " is missing: run mvn verify, which builds it first");
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx512m",
                // They live for seconds: the second compiler costs more than it brings.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                jar.toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  static Path home() {
    return Path.of(System.getProperty("mandate.home"));
  }

  private Process launch() {
    try {
      Files.createDirectories(folder.getParent());
      List<String> command =
          command(
              "demo",
              "--data",
              folder.toString(),
              "--port",
              String.valueOf(port),
              "--management-port",
              String.valueOf(managementPort));
      command.addAll(more);
      ProcessBuilder builder = new ProcessBuilder(command);
      Map<String, String> environment = builder.environment();
      environment.remove("OPENAI_API_KEY");
      environment.remove("ANTHROPIC_API_KEY");
      return builder
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonNode awaitStart() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < deadline) {
      if (!process.isAlive()) {
        throw new IllegalStateException("the demo ended at once:\n" + log());
      }
      if (log().contains("Mandate runs at")) {
        try {
          return JSON.readTree(home(more, folder).resolve("demo.json").toFile());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      pause();
    }
    throw new IllegalStateException("the demo did not start:\n" + log());
  }

  /// Where demo.json is: with the first node.
  private static Path home(List<String> more, Path folder) {
    String join = option(more, "--join");
    return join == null ? folder : Path.of(join);
  }

  private static @Nullable String option(List<String> options, String name) {
    int at = options.indexOf(name);
    return at < 0 ? null : options.get(at + 1);
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String log() {
    try {
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path folder() {
    return folder;
  }

  @Override
  public List<Path> folders() {
    List<Path> folders = new ArrayList<>(List.of(folder));
    String database = option(more, "--database");
    if (database != null) {
      folders.addAll(Postgres.folders(database));
    }
    return folders;
  }

  int port() {
    return port;
  }

  /// At this node itself, whatever is in front of it.
  URI own(String path) {
    return URI.create("http://localhost:" + port + path);
  }

  @Override
  public JsonNode file() {
    return file;
  }

  /// The tenant below `/t/`.
  DemoTenant tenant(String slug) {
    return () -> file.path("tenants").path(slug);
  }

  @Override
  public URI management(String path) {
    return URI.create("http://127.0.0.1:" + managementPort + path);
  }

  /// Below the range that the system gives ports from by itself: nobody gets it before the server
  /// has it, and nobody else has it while the server is down between two starts.
  static int freePort() {
    for (int i = 0; i < PORT_MAX - PORT_MIN; i++) {
      int port = PORT_MIN + Math.floorMod(PORTS.getAndIncrement(), PORT_MAX - PORT_MIN);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Taken: the next one.
      }
    }
    throw new IllegalStateException("no free port from " + PORT_MIN + " to " + PORT_MAX);
  }

  /// `kill -9`; also at the JVM's end, when its database goes away too and nobody waits long.
  void killHard() {
    process.destroyForcibly();
    await();
  }

  /// Starts again on the same data folder; the port, and with it the issuer, stays what it was.
  DemoServer restart() {
    if (process.isAlive()) {
      throw new IllegalStateException("still running");
    }
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new DemoServer(folder, port, more);
  }

  private void await() {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("the demo did not stop:\n" + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Ends it as Ctrl-C does.
  @Override
  public void close() {
    process.destroy();
    await();
  }
}

package dev.mandate.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Two nodes of one demo on one PostgreSQL database, behind a balancer that alternates.
final class TwoNodes implements Deployment, AutoCloseable {
  private static @Nullable TwoNodes shared;

  private final Balancer balancer = new Balancer();
  private final String database = Postgres.database();
  private DemoServer first;
  private DemoServer second;

  TwoNodes() {
    try {
      Path folder = Files.createTempDirectory("mandate-nodes-");
      first =
          DemoServer.start(
              folder.resolve("first"),
              List.of("--database", database, "--public-url", balancer.url()));
      second =
          DemoServer.start(
              folder.resolve("second"),
              List.of("--database", database, "--join", first.folder().toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    balancer.to(List.of(first.port(), second.port()));
  }

  /// One for all tests that don't disturb one another; ends with the JVM.
  static synchronized TwoNodes shared() {
    if (shared == null) {
      TwoNodes nodes = new TwoNodes();
      Runtime.getRuntime().addShutdownHook(new Thread(nodes::close));
      shared = nodes;
    }
    return shared;
  }

  DemoServer first() {
    return first;
  }

  DemoServer second() {
    return second;
  }

  String database() {
    return database;
  }

  /// On the folder and at the port that it had.
  void restartFirst() {
    first = first.restart();
  }

  /// As [#restartFirst()].
  void restartSecond() {
    second = second.restart();
  }

  @Override
  public JsonNode file() {
    return first.file();
  }

  @Override
  public List<Path> folders() {
    List<Path> folders = new ArrayList<>(first.folders());
    folders.add(second.folder());
    return folders;
  }

  @Override
  public URI management(String path) {
    return first.management(path);
  }

  @Override
  public String log() {
    return first.log() + second.log();
  }

  /// Ends both at once: how a server ends in order, ServeTest sees.
  @Override
  public void close() {
    second.killHard();
    first.killHard();
    balancer.close();
  }
}

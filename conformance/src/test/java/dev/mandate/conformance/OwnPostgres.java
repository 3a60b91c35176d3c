package dev.mandate.conformance;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/// A PostgreSQL server of one test's own, which it may stop and start again. [Postgres] is for all
/// others.
final class OwnPostgres implements AutoCloseable {
  private final int port = DemoServer.freePort();
  private final Path folder;
  private EmbeddedPostgres server;

  OwnPostgres() {
    try {
      folder = Files.createTempDirectory("mandate-own-pg-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server = launch();
  }

  private EmbeddedPostgres launch() {
    try {
      return EmbeddedPostgres.builder()
          .setDataDirectory(folder)
          .setCleanDataDirectory(false)
          .setPort(port)
          .setServerConfig("listen_addresses", "127.0.0.1")
          .setServerConfig("max_connections", "200")
          .setPGStartupWait(Duration.ofSeconds(60))
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String url() {
    return "postgresql://postgres:postgres@127.0.0.1:" + port + "/postgres";
  }

  Connection connect() throws SQLException {
    return server.getPostgresDatabase().getConnection();
  }

  /// The process ends, and with it every connection.
  void stop() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void startAgain() {
    server = launch();
  }

  @Override
  public void close() {
    stop();
  }
}

package dev.mandate.conformance;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/// A PostgreSQL server for the deployments of one JVM: on loopback, its data in the folder for
/// temporary files, gone at the end.
final class Postgres {
  private static int count;

  private Postgres() {}

  /// Starts when it is first asked for.
  private static final class Holder {
    static final Path FOLDER;
    static final EmbeddedPostgres SERVER;

    static {
      try {
        FOLDER = Files.createTempDirectory("mandate-conformance-pg-");
        SERVER =
            EmbeddedPostgres.builder()
                .setDataDirectory(FOLDER)
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("max_connections", "200")
                // Less to look through.
                .setServerConfig("min_wal_size", "32MB")
                .setPGStartupWait(Duration.ofSeconds(60))
                .start();
      } catch (IOException e) {
        throw new IllegalStateException("no PostgreSQL for tests", e);
      }
    }
  }

  /// A database of its own for the caller, without any table.
  static synchronized String database() {
    String name = "conformance_" + ++count;
    execute("CREATE DATABASE " + name + " TEMPLATE template0");
    return "postgresql://postgres:postgres@127.0.0.1:" + Holder.SERVER.getPort() + "/" + name;
  }

  /// Where the server has written what is in the database: its tables, those of all databases, and
  /// the log that both go through.
  static List<Path> folders(String url) {
    execute("CHECKPOINT");
    return List.of(
        Holder.FOLDER.resolve("base").resolve(oid(name(url))),
        Holder.FOLDER.resolve("global"),
        Holder.FOLDER.resolve("pg_wal"));
  }

  private static String oid(String database) {
    String sql = "SELECT oid FROM pg_database WHERE datname = '" + database + "'";
    try (Connection connection = Holder.SERVER.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      if (!rows.next()) {
        throw new IllegalStateException("there is no database " + database);
      }
      return rows.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /// Breaks all connections to the database and lets nobody in.
  static void cut(String url) {
    execute("ALTER DATABASE " + name(url) + " ALLOW_CONNECTIONS false");
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
            + name(url)
            + "'");
  }

  static void mend(String url) {
    execute("ALTER DATABASE " + name(url) + " ALLOW_CONNECTIONS true");
  }

  private static String name(String url) {
    return url.substring(url.lastIndexOf('/') + 1);
  }

  private static void execute(String sql) {
    try (Connection connection = Holder.SERVER.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}

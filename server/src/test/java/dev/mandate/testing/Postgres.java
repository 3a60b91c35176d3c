package dev.mandate.testing;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.Stores;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/// A PostgreSQL server for the tests of one JVM: on loopback, its data in the folder for temporary
/// files, gone at the end.
public final class Postgres {
  /// Databases that are kept while nobody is connected to them.
  private static final int IDLE_MAX = 12;

  /// Everybody is let in, but for the users `guarded` and `rotating`, who must know a password.
  private static final String WHO_MAY =
      """
      local all all trust
      host all guarded,rotating 127.0.0.1/32 scram-sha-256
      host all all 127.0.0.1/32 trust
      """;

  private static final String TEMPLATE = "mandate_template";
  private static final Deque<String> handedOut = new ArrayDeque<>();
  private static int count;

  private Postgres() {}

  /// Starts when it is first asked for.
  private static final class Holder {
    static final EmbeddedPostgres SERVER = start();

    private static EmbeddedPostgres start() {
      try {
        Path whoMay = Files.createTempFile("mandate-pg-hba", ".conf");
        whoMay.toFile().deleteOnExit();
        Files.writeString(whoMay, WHO_MAY);
        EmbeddedPostgres server =
            EmbeddedPostgres.builder()
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("hba_file", whoMay.toString())
                .setServerConfig("max_connections", "300")
                .setPGStartupWait(Duration.ofSeconds(60))
                .start();
        // Of another order than bytes, as most databases are.
        execute(
            server,
            "CREATE DATABASE "
                + TEMPLATE
                + " TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
                + " LOCALE 'C'");
        Path folder = Files.createTempDirectory("mandate-template");
        Stores.open(folder, url(server, TEMPLATE), new ChangeFeed(), new TestClock()).close();
        // The node that made the schema.
        try (Connection connection = server.getDatabase("postgres", TEMPLATE).getConnection();
            Statement statement = connection.createStatement()) {
          statement.execute("DELETE FROM nodes");
        }
        return server;
      } catch (IOException | SQLException e) {
        throw new IllegalStateException("no PostgreSQL for tests", e);
      }
    }
  }

  /// A database of its own for the caller, with the newest schema and nothing in it.
  public static DatabaseUrl database() {
    return create(TEMPLATE);
  }

  /// A database without any table.
  public static DatabaseUrl bare() {
    return create("template0");
  }

  private static synchronized DatabaseUrl create(String template) {
    String name = "test_" + ++count;
    execute(Holder.SERVER, "CREATE DATABASE " + name + " TEMPLATE " + template);
    handedOut.addLast(name);
    if (handedOut.size() > IDLE_MAX) {
      dropIfIdle(handedOut.removeFirst());
    }
    return url(Holder.SERVER, name);
  }

  private static void dropIfIdle(String name) {
    if (number("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = '" + name + "'") == 0) {
      execute(Holder.SERVER, "DROP DATABASE " + name);
    } else {
      handedOut.addLast(name);
    }
  }

  /// Runs a statement as the server's administrator.
  public static void execute(String sql) {
    execute(Holder.SERVER, sql);
  }

  /// Makes the user `rotating`, or gives it another password.
  ///
  /// @return the same database as seen by this user, without the password
  public static DatabaseUrl rotating(DatabaseUrl url, String password) {
    if (number("SELECT COUNT(*) FROM pg_roles WHERE rolname = 'rotating'") == 0) {
      execute("CREATE ROLE rotating SUPERUSER LOGIN");
    }
    execute("ALTER ROLE rotating PASSWORD '" + password + "'");
    return new DatabaseUrl(url.hosts(), url.name(), "rotating", null, Map.of());
  }

  /// The one number that a query answers, asked as the server's administrator.
  public static long number(String sql) {
    try (Connection connection = Holder.SERVER.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private static void execute(EmbeddedPostgres server, String sql) {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private static DatabaseUrl url(EmbeddedPostgres server, String name) {
    return DatabaseUrl.parse(
        "postgresql://postgres:postgres@127.0.0.1:" + server.getPort() + "/" + name);
  }
}

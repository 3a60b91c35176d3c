package dev.mandate.storage;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.mandate.platform.crypto.Secret;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A PostgreSQL server and the connections to it. Every wait has an end: a database that is gone
/// makes an operation fail, never hang.
final class PostgresServer {
  /// The oldest release that is tested for.
  static final int MAJOR_MIN = 14;

  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
  private static final Duration STATEMENT_MAX = Duration.ofSeconds(20);
  private static final Duration LOCK_MAX = Duration.ofSeconds(10);

  /// A node that stops in the middle of a transaction lets go of its locks after this.
  private static final Duration IDLE_IN_TRANSACTION_MAX = Duration.ofSeconds(15);

  /// Above [#STATEMENT_MAX]: the server's own answer says more.
  private static final Duration SILENCE_MAX = Duration.ofSeconds(25);

  /// How long an operation waits for a connection.
  private static final Duration CONNECTION_WAIT = Duration.ofSeconds(10);

  private static final Duration CONNECTION_IDLE_MAX = Duration.ofMinutes(1);
  private static final Duration CONNECTION_AGE_MAX = Duration.ofMinutes(30);
  private static final int IDLE_CONNECTIONS = 2;

  /// How long a node waits for what others may not do at the same time.
  private static final Duration TURN_WAIT = Duration.ofMinutes(2);

  private static final Duration TURN_LOOK = Duration.ofMillis(100);

  /// Of a migration's statements.
  private static final Duration MIGRATION_MAX = Duration.ofMinutes(30);

  /// A read must not write, whatever its statement says. Not an option of the connection: the
  /// driver would take the server for a standby.
  private static final String READ_ONLY = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

  private static final Logger log = LoggerFactory.getLogger(PostgresServer.class);

  private final String commitOption;
  private final List<PGSimpleDataSource> pooled = new CopyOnWriteArrayList<>();
  private volatile DatabaseUrl url;

  private PostgresServer(DatabaseUrl url, String commitOption) {
    this.url = url;
    this.commitOption = commitOption;
  }

  /// Connects once.
  ///
  /// @throws StorageException in one line, when it cannot, or the server or the database won't do
  static PostgresServer at(DatabaseUrl url) {
    try (Connection connection = source(url, CONNECT_MAX, "").getConnection()) {
      int major = connection.getMetaData().getDatabaseMajorVersion();
      if (major < MAJOR_MIN) {
        throw new StorageException(
            "the server of %s is PostgreSQL %d, expected %d or later"
                .formatted(url, major, MAJOR_MIN));
      }
      String encoding = setting(connection, "server_encoding");
      if (!encoding.equals("UTF8")) {
        throw new StorageException(
            "the database %s is encoded in %s, expected UTF8: make it with ENCODING 'UTF8'"
                .formatted(url, encoding));
      }
      // On loopback it is a trial.
      if (!url.hosts().stream().allMatch(PostgresServer::isLoopback)) {
        warn(connection, url);
      }
      // An answer may leave only after its commit is on the disk.
      boolean lax = setting(connection, "synchronous_commit").equals("off");
      return new PostgresServer(url, lax ? " -c synchronous_commit=on" : "");
    } catch (SQLException e) {
      throw refusal(url, e);
    }
  }

  private static StorageException refusal(DatabaseUrl url, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    String why =
        switch (state) {
          case "28P01" -> "wrong password for user " + url.user();
          case "28000" -> "the server refuses user " + url.user() + ": " + firstLine(e);
          case "3D000" -> "there is no database " + url.name() + "; create it first";
          default -> firstLine(e);
        };
    return new StorageException("cannot connect to " + url + ": " + why, e);
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private static String setting(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW " + name)) {
      String value = rows.next() ? rows.getString(1) : null;
      return value == null ? "unknown" : value;
    }
  }

  private static void warn(Connection connection, DatabaseUrl url) throws SQLException {
    if (setting(connection, "fsync").equals("off")) {
      log.warn("the server of {} has fsync off: a crash of its machine loses data", url);
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
      if (!rows.next() || !rows.getBoolean(1)) {
        log.warn("the connection to {} is not encrypted; sslmode=verify-full makes it so", url);
      }
    }
  }

  private static boolean isLoopback(DatabaseUrl.Host host) {
    try {
      return InetAddress.getByName(host.name()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /// For [Migrations]: its statements may take long.
  DataSource migrating() {
    return source(url, MIGRATION_MAX, commitOption);
  }

  /// A pool whose connections write, or only read.
  HikariDataSource pool(String name, int size, boolean writing) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    PGSimpleDataSource source = source(url, SILENCE_MAX, commitOption);
    pooled.add(source);
    config.setDataSource(source);
    if (!writing) {
      config.setConnectionInitSql(READ_ONLY);
    }
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(Math.min(IDLE_CONNECTIONS, size));
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.setConnectionTimeout(CONNECTION_WAIT.toMillis());
    config.setValidationTimeout(CONNECT_MAX.toMillis());
    config.setIdleTimeout(CONNECTION_IDLE_MAX.toMillis());
    config.setMaxLifetime(CONNECTION_AGE_MAX.toMillis());
    return new HikariDataSource(config);
  }

  /// Runs the work while no other node does. The lock goes with its connection.
  void inTurn(Runnable work) {
    try (Connection connection = connection(SILENCE_MAX);
        Statement statement = connection.createStatement()) {
      long deadline = System.nanoTime() + TURN_WAIT.toNanos();
      while (!isLocked(statement)) {
        if (System.nanoTime() - deadline > 0) {
          throw new StorageException(
              "another node has held the others up for " + TURN_WAIT.toSeconds() + " s");
        }
        Thread.sleep(TURN_LOOK.toMillis());
      }
      work.run();
    } catch (SQLException e) {
      throw new StorageException("cannot take turns with other nodes: " + firstLine(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("interrupted while another node had its turn", e);
    }
  }

  private static boolean isLocked(Statement statement) throws SQLException {
    try (ResultSet rows =
        statement.executeQuery("SELECT pg_try_advisory_lock(hashtext('mandate.turn'))")) {
      return rows.next() && rows.getBoolean(1);
    }
  }

  /// Connects with this password from now on, once the server has taken it.
  ///
  /// @throws StorageException in one line when it does not; then nothing changes
  void password(Secret password) {
    DatabaseUrl with = url.with(password);
    try (Connection connection = source(with, CONNECT_MAX, "").getConnection()) {
      log.debug("{} takes the new password", connection.getMetaData().getDatabaseProductName());
    } catch (SQLException e) {
      throw refusal(with, e);
    }
    url = with;
    pooled.forEach(source -> source.setPassword(password.reveal()));
  }

  /// A connection outside the pools.
  ///
  /// @param silenceMax how long it waits for an answer
  Connection connection(Duration silenceMax) throws SQLException {
    return source(url, silenceMax, "").getConnection();
  }

  private static PGSimpleDataSource source(
      DatabaseUrl url, Duration silenceMax, String moreOptions) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    List<DatabaseUrl.Host> hosts = url.hosts();
    source.setServerNames(hosts.stream().map(DatabaseUrl.Host::name).toArray(String[]::new));
    source.setPortNumbers(hosts.stream().mapToInt(DatabaseUrl.Host::port).toArray());
    source.setDatabaseName(url.name());
    source.setUser(url.user());
    Secret password = url.password();
    source.setPassword(password == null ? null : password.reveal());
    source.setApplicationName("mandate");
    source.setTargetServerType("primary");
    source.setConnectTimeout((int) CONNECT_MAX.toSeconds());
    source.setLoginTimeout((int) CONNECT_MAX.toSeconds());
    source.setSocketTimeout((int) silenceMax.toSeconds());
    source.setTcpKeepAlive(true);
    // The server quotes values in its details ("Key (hash)=(…) already exists").
    source.setLogServerErrorDetail(false);
    long statement = Math.min(STATEMENT_MAX.toMillis(), silenceMax.toMillis());
    source.setOptions(
        String.format(
            Locale.ROOT,
            "-c statement_timeout=%d -c lock_timeout=%d"
                + " -c idle_in_transaction_session_timeout=%d%s",
            silenceMax.equals(MIGRATION_MAX) ? 0 : statement,
            LOCK_MAX.toMillis(),
            silenceMax.equals(MIGRATION_MAX) ? 0 : IDLE_IN_TRANSACTION_MAX.toMillis(),
            moreOptions));
    url.options().forEach((key, value) -> option(source, key, value));
    return source;
  }

  private static void option(PGSimpleDataSource source, String key, String value) {
    try {
      source.setProperty(key, value);
    } catch (SQLException e) {
      throw new StorageException("the database URL's " + key + " is refused: " + firstLine(e), e);
    }
  }
}

package dev.mandate.storage;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears what other nodes revoke, and publishes it here (design §7). It reads the sequence on from
/// where it stood, whenever PostgreSQL notifies it and four times a second besides: a notification
/// is a hint and may be missing, a row may not. What this process has changed it has published by
/// itself.
final class RevocationReader implements AutoCloseable {
  /// The longest that a lost notification delays.
  private static final Duration POLL = Duration.ofMillis(250);

  /// Until a connection that gives no answer is given up.
  private static final Duration SILENCE_MAX = Duration.ofSeconds(2);

  private static final Duration RECONNECT_WAIT = Duration.ofMillis(250);

  private static final int ROWS_PER_READ = 1_000;

  private static final String END = "SELECT COALESCE(MAX(seq), 0) AS seq FROM revocations";

  private static final String AFTER =
      """
      SELECT seq, tenant_id, kind, subject, expires_at, boot
      FROM revocations WHERE seq > :seq ORDER BY seq LIMIT :limit
      """;

  private static final Logger log = LoggerFactory.getLogger(RevocationReader.class);

  private final PostgresServer server;
  private final ChangeFeed feed;
  private final JdbcNodeStore nodes;
  private final Thread thread;
  private long read;
  private volatile boolean closing;

  private record Row(long seq, Change change, boolean own) {}

  private RevocationReader(PostgresServer server, ChangeFeed feed, JdbcNodeStore nodes) {
    this.server = server;
    this.feed = feed;
    this.nodes = nodes;
    this.thread = Thread.ofVirtual().name("revocation-reader").unstarted(this::run);
  }

  /// Begins at the present end of the sequence. Nothing may be cached before: who subscribes to the
  /// feed and then reads misses nothing, for all that came before this has been read from the
  /// tables.
  static RevocationReader start(PostgresServer server, ChangeFeed feed, JdbcNodeStore nodes) {
    RevocationReader reader = new RevocationReader(server, feed, nodes);
    try {
      Connection connection = reader.connect();
      long asOf = feed.freshness().now();
      try (Handle handle = open(connection)) {
        reader.read = end(handle);
      }
      feed.freshness().heard(asOf);
    } catch (SQLException e) {
      throw new StorageException("cannot listen for revocations: " + e.getMessage(), e);
    }
    reader.thread.start();
    return reader;
  }

  private static Handle open(Connection connection) {
    return Database.configured(Jdbi.create(() -> connection)).open();
  }

  private Connection connect() throws SQLException {
    return server.connection(SILENCE_MAX);
  }

  private static long end(Handle handle) {
    return handle.createQuery(END).map((row, _) -> row.getLong("seq")).one();
  }

  private void run() {
    boolean connectedBefore = true;
    while (!closing) {
      try (Connection connection = connect();
          Statement statement = connection.createStatement();
          Handle handle = open(connection)) {
        statement.execute("LISTEN " + PostgresDatabase.CHANNEL);
        refuseAnotherPast(end(handle));
        if (!connectedBefore) {
          log.info("hearing revocations again");
        }
        connectedBefore = true;
        listen(handle, connection.unwrap(PGConnection.class));
      } catch (SQLException | RuntimeException e) {
        if (connectedBefore && !closing) {
          log.warn("revocations of other nodes cannot be heard, trying again: {}", e.getMessage());
        }
        log.debug("not heard", e);
        connectedBefore = false;
        pause();
      }
    }
  }

  private void listen(Handle handle, PGConnection connection) throws SQLException {
    while (!closing) {
      // Before the question is sent: what is committed after it may be missing in the answer.
      long asOf = feed.freshness().now();
      readOn(handle);
      if (!nodes.isDisplaced()) {
        feed.freshness().heard(asOf);
      }
      connection.getNotifications((int) POLL.toMillis());
    }
  }

  private void readOn(Handle handle) {
    List<Row> rows;
    do {
      rows =
          handle
              .createQuery(AFTER)
              .bind("seq", read)
              .bind("limit", ROWS_PER_READ)
              .map(
                  (row, _) ->
                      new Row(
                          row.getLong("seq"),
                          Announcements.change(row),
                          isOwn(Columns.textOrNull(row, "boot"))))
              .list();
      for (Row row : rows) {
        if (!row.own) {
          feed.publish(row.change);
        }
        read = row.seq;
      }
    } while (rows.size() == ROWS_PER_READ);
  }

  private boolean isOwn(@Nullable String boot) {
    return nodes.self().boot().equals(boot);
  }

  /// A server that was restored, or took over without the last commits, counts again from below.
  private void refuseAnotherPast(long end) {
    if (end < read && end > 0) {
      log.error("the revocations end at {}, but {} was read: commits were lost", end, read);
      read = end;
    }
  }

  private void pause() {
    try {
      Thread.sleep(RECONNECT_WAIT);
    } catch (InterruptedException e) {
      // Only close() interrupts.
      log.debug("interrupted", e);
    }
  }

  @Override
  public void close() {
    closing = true;
    // Ends the wait for a notification: the socket of a virtual thread closes with it.
    thread.interrupt();
    try {
      thread.join(SILENCE_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

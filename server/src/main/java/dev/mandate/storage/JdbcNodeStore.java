package dev.mandate.storage;

import dev.mandate.domain.node.Node;
import dev.mandate.domain.node.NodeId;
import dev.mandate.domain.node.NodeStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This process among the nodes of a database: takes its place at the start, shows that it lives,
/// and leaves.
final class JdbcNodeStore implements NodeStore, AutoCloseable {
  /// Between two heartbeats.
  static final Duration BEAT = Duration.ofSeconds(1);

  /// Who is silent for this long has stopped, or can't be told from one who has.
  static final Duration SILENCE = BEAT.multipliedBy(3);

  /// How long a node that is gone is remembered.
  static final Duration KEPT = Duration.ofDays(40);

  private static final int LOOK_MILLIS = 200;

  private static final String FIND =
      """
      SELECT boot, heartbeat_at, {now} - heartbeat_at AS silent_millis
      FROM nodes WHERE node_id = :node AND stopped_at IS NULL
      """;

  private static final String START =
      """
      INSERT INTO nodes (node_id, boot, started_at, heartbeat_at, stopped_at)
      VALUES (:node, :boot, {now}, {now}, NULL)
      ON CONFLICT (node_id) DO UPDATE SET boot = excluded.boot, started_at = excluded.started_at,
        heartbeat_at = excluded.heartbeat_at, stopped_at = NULL
      """;

  private static final String BEAT_ONCE =
      "UPDATE nodes SET heartbeat_at = {now} WHERE node_id = :node AND boot = :boot";

  private static final String STOP =
      "UPDATE nodes SET stopped_at = {now} WHERE node_id = :node AND boot = :boot";

  private static final String LOST =
      """
      SELECT node_id, boot FROM nodes
      WHERE node_id <> :node AND heartbeat_at < {now} - :silence_millis ORDER BY node_id
      """;

  private static final String FORGET =
      "DELETE FROM nodes WHERE node_id <> :node AND heartbeat_at < {now} - :silence_millis";

  private static final Logger log = LoggerFactory.getLogger(JdbcNodeStore.class);

  private final Database database;
  private final Node self;
  private final Thread beating;
  private volatile boolean closing;
  private volatile boolean displaced;

  private JdbcNodeStore(Database database, Node self) {
    this.database = database;
    this.self = self;
    this.beating = Thread.ofVirtual().name("node-heartbeat").unstarted(this::beat);
  }

  private record Sign(long heartbeatAt, long silentMillis) {}

  /// Takes the node's place.
  ///
  /// @throws StorageException when another process lives under the same id: its leases and this
  ///   one's would be the same
  static JdbcNodeStore start(Database database, NodeId id) {
    JdbcNodeStore store = new JdbcNodeStore(database, new Node(id, DataFolder.random()));
    if (database.isShared()) {
      store.waitForSilence();
    }
    database.write(
        handle -> {
          store.silent(handle, FORGET, KEPT).execute();
          return store.own(handle, START);
        });
    if (database.isShared()) {
      store.beating.start();
    }
    return store;
  }

  private void waitForSilence() {
    Optional<Sign> first = database.read(this::sign);
    Optional<Sign> last = first;
    while (last.isPresent() && last.get().silentMillis < SILENCE.toMillis()) {
      if (last.get().heartbeatAt != first.orElseThrow().heartbeatAt) {
        throw new StorageException(
            "node %s runs elsewhere: each node needs a data folder of its own, not a copy"
                .formatted(self.id()));
      }
      pause(LOOK_MILLIS);
      last = database.read(this::sign);
    }
  }

  private Optional<Sign> sign(Handle handle) {
    return handle
        .createQuery(timed(FIND))
        .bind("node", self.id().value())
        .map((row, _) -> new Sign(row.getLong("heartbeat_at"), row.getLong("silent_millis")))
        .findOne();
  }

  private String timed(String sql) {
    return sql.replace("{now}", database.millis());
  }

  private int own(Handle handle, String sql) {
    return handle
        .createUpdate(timed(sql))
        .bind("node", self.id().value())
        .bind("boot", self.boot())
        .execute();
  }

  private org.jdbi.v3.core.statement.Update silent(Handle handle, String sql, Duration silence) {
    return handle
        .createUpdate(timed(sql))
        .bind("node", self.id().value())
        .bind("silence_millis", silence.toMillis());
  }

  private void beat() {
    while (!closing) {
      try {
        if (database.write(handle -> own(handle, BEAT_ONCE)) == 0 && !closing) {
          displaced = true;
          log.error("another process has taken the place of node {}; this one stops serving", self);
          return;
        }
      } catch (RuntimeException e) {
        log.warn("the heartbeat was not stored, trying again: {}", e.getMessage());
        log.debug("not stored", e);
      }
      pause(BEAT.toMillis());
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Whether another process has taken this node's place.
  boolean isDisplaced() {
    return displaced;
  }

  @Override
  public Node self() {
    return self;
  }

  @Override
  public List<Node> lost(Duration silence) {
    return database.read(
        handle ->
            handle
                .createQuery(timed(LOST))
                .bind("node", self.id().value())
                .bind("silence_millis", silence.toMillis())
                .map(
                    (row, _) ->
                        new Node(
                            new NodeId(Columns.text(row, "node_id")), Columns.text(row, "boot")))
                .list());
  }

  @Override
  public void close() {
    closing = true;
    beating.interrupt();
    try {
      database.write(handle -> own(handle, STOP));
    } catch (StorageException e) {
      log.warn("the node's end was not stored; others will notice its silence", e);
    }
  }
}

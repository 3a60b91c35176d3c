package dev.mandate.storage;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.DefaultStatementBuilder;
import org.jdbi.v3.core.statement.StatementBuilder;
import org.jdbi.v3.core.statement.StatementContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The prepared statements of one SQLite connection, which one thread uses: SQLite compiles a
/// statement in about the time that running it takes. Those used last are kept. (PostgreSQL's
/// driver keeps its own.)
final class KeptStatements implements StatementBuilder {
  /// More than the token endpoint and the gateway have between them.
  static final int KEPT_MAX = 128;

  private static final Logger log = LoggerFactory.getLogger(KeptStatements.class);

  /// Those that nobody uses right now, by their SQL, the one used longest ago first.
  private final Map<String, PreparedStatement> idle = new LinkedHashMap<>(16, 0.75f, true);

  int size() {
    return idle.size();
  }

  /// Something to do with a statement, which it must not keep.
  @FunctionalInterface
  interface Use<T> {
    T with(PreparedStatement statement) throws SQLException;
  }

  /// Runs a statement that binds its values in their order.
  static <T> T with(Handle handle, String sql, Use<T> use) throws SQLException {
    Connection connection = handle.getConnection();
    if (!(handle.getStatementBuilder() instanceof KeptStatements kept)) {
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        return use.with(statement);
      }
    }
    PreparedStatement statement = kept.take(connection, sql);
    boolean whole = false;
    try {
      T result = use.with(statement);
      whole = true;
      return result;
    } finally {
      if (whole) {
        kept.close(connection, sql, statement);
      } else {
        // It may hold rows that were never run.
        statement.close();
      }
    }
  }

  /// Taken out while it is in use, so that two uses of one text within each other have two.
  private PreparedStatement take(Connection connection, String sql) throws SQLException {
    PreparedStatement statement = idle.remove(sql);
    return statement != null ? statement : connection.prepareStatement(sql);
  }

  @Override
  public PreparedStatement create(Connection connection, String sql, StatementContext context)
      throws SQLException {
    return context.isReturningGeneratedKeys()
        ? new DefaultStatementBuilder().create(connection, sql, context)
        : take(connection, sql);
  }

  @Override
  public Statement create(Connection connection, StatementContext context) throws SQLException {
    return connection.createStatement();
  }

  @Override
  public CallableStatement createCall(Connection connection, String sql, StatementContext context)
      throws SQLException {
    return connection.prepareCall(sql);
  }

  /// Its rows have been closed before: an open one would hold the connection at what was committed
  /// when it began. Values are forgotten, for some are hashes of secrets.
  @Override
  public void close(Connection connection, String sql, Statement statement) throws SQLException {
    if (!(statement instanceof PreparedStatement prepared) || idle.containsKey(sql)) {
      statement.close();
      return;
    }
    // Those that nobody asked for, such as a PRAGMA's: they keep every commit from ending.
    ResultSet rows = prepared.getResultSet();
    if (rows != null) {
      rows.close();
    }
    prepared.clearBatch();
    prepared.clearParameters();
    idle.put(sql, prepared);
    if (idle.size() > KEPT_MAX) {
      Iterator<PreparedStatement> eldest = idle.values().iterator();
      PreparedStatement dropped = eldest.next();
      eldest.remove();
      dropped.close();
    }
  }

  @Override
  public void close(Connection connection) {
    for (PreparedStatement statement : idle.values()) {
      try {
        statement.close();
      } catch (SQLException e) {
        log.debug("closed with its connection", e);
      }
    }
    idle.clear();
  }
}

package dev.mandate.storage;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// Binds a prepared statement's `?` in their order. For what every gateway call ends in; everything
/// else names its parameters.
final class InOrder {
  private final PreparedStatement statement;
  private int place;

  InOrder(PreparedStatement statement) {
    this.statement = statement;
  }

  InOrder text(@Nullable String value) throws SQLException {
    statement.setString(++place, value);
    return this;
  }

  InOrder number(long value) throws SQLException {
    statement.setLong(++place, value);
    return this;
  }

  InOrder bytes(byte[] value) throws SQLException {
    statement.setBytes(++place, value);
    return this;
  }

  /// Ends a row; the next value is the first of another.
  void add() throws SQLException {
    statement.addBatch();
    place = 0;
  }

  /// Runs the statement for all rows, in few round trips.
  ///
  /// @return how many rows each changed
  int[] execute() throws SQLException {
    return statement.executeBatch();
  }
}

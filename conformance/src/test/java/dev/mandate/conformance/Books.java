package dev.mandate.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/// One mandate's money as three that don't know each other have it: the provider that was called,
/// the ledger, and the leases of the nodes. In micros.
///
/// @param truth what the provider's own count of calls and tokens costs
/// @param estimated the part of the ledger that is our bound and not the provider's word
/// @param leased what nodes hold, those that are dead included
record Books(
    long truthCalls,
    long truth,
    long ledgerCalls,
    long ledger,
    long estimatedCalls,
    long estimated,
    long leased) {
  private static final String ROWS =
      """
      SELECT count(*), coalesce(sum(cost_micros), 0), coalesce(sum(estimated), 0),
        coalesce(sum(CASE WHEN estimated = 1 THEN cost_micros ELSE 0 END), 0)
      FROM ledger WHERE mandate_id = ?
      """;
  private static final String LEASED =
      "SELECT coalesce(sum(held), 0) FROM leases WHERE account = ? AND unit = 'cost_micros'";

  /// Once two looks at the ledger, some time apart, see the same.
  static Books atRest(OwnPostgres database, URI simulator, String mandate)
      throws SQLException, InterruptedException {
    Books last = now(database, simulator, mandate);
    for (int i = 0; i < 100; i++) {
      Thread.sleep(250);
      Books next = now(database, simulator, mandate);
      if (next.equals(last)) {
        return next;
      }
      last = next;
    }
    throw new IllegalStateException("the books do not come to rest: " + last);
  }

  private static Books now(OwnPostgres database, URI simulator, String mandate)
      throws SQLException {
    JsonNode total = Http.get(simulator.resolve("/sim/stats")).json().path("total");
    try (Connection connection = database.connect();
        PreparedStatement rows = connection.prepareStatement(ROWS)) {
      rows.setString(1, mandate);
      try (ResultSet row = rows.executeQuery()) {
        row.next();
        return new Books(
            total.path("requests").asLong(),
            total.path("cost_micros").asLong(),
            row.getLong(1),
            row.getLong(2),
            row.getLong(3),
            row.getLong(4),
            leased(connection, mandate));
      }
    }
  }

  private static long leased(Connection connection, String mandate) throws SQLException {
    try (PreparedStatement leases = connection.prepareStatement(LEASED)) {
      leases.setString(1, "mandate/" + mandate + "/0");
      try (ResultSet row = leases.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }
}

package dev.mandate.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/// What the provider counted of one model, and what the ledger has of it.
///
/// @param served calls that the provider took
/// @param truth tokens that it charges
/// @param truthMicros what they cost, rounded up once; the ledger rounds up each call
/// @param booked calls in the ledger that cost something
/// @param exact tokens that were booked on the provider's word
/// @param estimated tokens that were booked at our bound
record Tariff(
    String model,
    long served,
    long truth,
    long truthMicros,
    long booked,
    long exact,
    long exactMicros,
    long estimatedCalls,
    long estimated,
    long estimatedMicros) {
  private static final String LEDGER =
      """
      SELECT model, count(*) FILTER (WHERE cost_micros > 0),
        sum(tokens) FILTER (WHERE estimated = 0), sum(cost_micros) FILTER (WHERE estimated = 0),
        count(*) FILTER (WHERE estimated = 1), sum(tokens) FILTER (WHERE estimated = 1),
        sum(cost_micros) FILTER (WHERE estimated = 1)
      FROM (SELECT model, estimated, cost_micros, input_tokens + cached_input_tokens
              + cache_write_tokens + cache_write_long_tokens + output_tokens AS tokens
            FROM ledger WHERE started_at >= ?) AS calls
      GROUP BY model
      """;

  /// All models, once the ledger has come to rest.
  ///
  /// @param since calls that began before are of an earlier count
  static Map<String, Tariff> atRest(OwnPostgres database, URI simulator, long since)
      throws SQLException, InterruptedException {
    Map<String, Tariff> last = now(database, simulator, since);
    for (int i = 0; i < 100; i++) {
      Thread.sleep(500);
      Map<String, Tariff> next = now(database, simulator, since);
      if (next.equals(last)) {
        return next;
      }
      last = next;
    }
    throw new IllegalStateException("the ledger does not come to rest: " + last);
  }

  private static Map<String, Tariff> now(OwnPostgres database, URI simulator, long since)
      throws SQLException {
    Map<String, Tariff> all = new TreeMap<>();
    JsonNode keys = Http.get(simulator.resolve("/sim/stats")).json().path("keys");
    try (Connection connection = database.connect();
        PreparedStatement statement = connection.prepareStatement(LEDGER)) {
      statement.setLong(1, since);
      ResultSet row = statement.executeQuery();
      while (row.next()) {
        String model = row.getString(1);
        JsonNode count = count(keys, model);
        all.put(
            model,
            new Tariff(
                model,
                count.path("requests").asLong(),
                count.path("prompt_tokens").asLong() + count.path("completion_tokens").asLong(),
                count.path("cost_micros").asLong(),
                row.getLong(2),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7)));
      }
    }
    return all;
  }

  private static JsonNode count(JsonNode keys, String model) {
    for (JsonNode key : keys) {
      if (key.path("models").has(model)) {
        return key.path("models").path(model);
      }
    }
    return keys.path("none");
  }
}

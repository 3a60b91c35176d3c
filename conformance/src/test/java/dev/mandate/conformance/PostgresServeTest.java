package dev.mandate.conformance;

import org.junit.jupiter.api.Order;

/// `serve` and `doctor` again, configured for PostgreSQL.
@Order(2)
class PostgresServeTest extends ServeTest {
  @Override
  String database() {
    return "database: \"" + Postgres.database() + "\"\n";
  }
}

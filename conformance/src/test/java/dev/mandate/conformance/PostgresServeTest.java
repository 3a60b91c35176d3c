package dev.mandate.conformance;

/// `serve` and `doctor` again, configured for PostgreSQL.
class PostgresServeTest extends ServeTest {
  @Override
  String database() {
    return "database: \"" + Postgres.database() + "\"\n";
  }
}

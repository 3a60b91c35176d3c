package dev.mandate.conformance;

/// Nor in what PostgreSQL writes.
class PostgresSecretsNowhereTest extends SecretsNowhereTest {
  @Override
  DemoServer fresh() {
    return DemoServer.freshOnPostgres();
  }
}

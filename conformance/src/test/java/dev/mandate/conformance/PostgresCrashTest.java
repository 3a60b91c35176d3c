package dev.mandate.conformance;

/// `kill -9` again, on PostgreSQL.
class PostgresCrashTest extends CrashTest {
  @Override
  DemoServer fresh() {
    return DemoServer.freshOnPostgres();
  }
}

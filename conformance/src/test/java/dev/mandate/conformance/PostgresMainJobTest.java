package dev.mandate.conformance;

/// The main job again, on PostgreSQL.
class PostgresMainJobTest extends MainJobTest {
  @Override
  DemoTenant tenant() {
    return DemoServer.sharedOnPostgres();
  }
}

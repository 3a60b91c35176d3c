package dev.mandate.conformance;

/// The main job again, on PostgreSQL.
@On(Shared.POSTGRES)
class PostgresMainJobTest extends MainJobTest {}

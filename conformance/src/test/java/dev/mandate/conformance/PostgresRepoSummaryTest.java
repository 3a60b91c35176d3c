package dev.mandate.conformance;

/// The example app again, on PostgreSQL.
@On(Shared.POSTGRES)
class PostgresRepoSummaryTest extends RepoSummaryTest {}

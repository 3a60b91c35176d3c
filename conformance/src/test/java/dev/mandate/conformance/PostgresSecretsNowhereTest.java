package dev.mandate.conformance;

/// Nor in what PostgreSQL writes.
@On(Shared.POSTGRES)
class PostgresSecretsNowhereTest extends SecretsNowhereTest {}

package dev.mandate.conformance;

/// The command line again, with a server on PostgreSQL.
@On(Shared.POSTGRES)
class PostgresCommandLineTest extends CommandLineTest {}

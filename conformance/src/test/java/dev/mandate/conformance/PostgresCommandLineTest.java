package dev.mandate.conformance;

import org.junit.jupiter.api.Order;

/// The command line again, with a server on PostgreSQL.
@On(Shared.POSTGRES)
@Order(1)
class PostgresCommandLineTest extends CommandLineTest {}

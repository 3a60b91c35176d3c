package dev.mandate.app;

import dev.mandate.domain.budget.LocalBudgets;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.trace.Tracing;
import dev.mandate.storage.Stores;

/// The metrics that are read from the parts of a server at each scrape.
final class ServerMeters {
  private static final double NANOS = 1e9;

  private ServerMeters() {}

  /// The version in the jar's manifest.
  static String version() {
    String version = ServerMeters.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  static void process(Meters meters, Tracing tracing) {
    meters.withProcess();
    meters.info("mandate.build.info", "What runs", "version", version());
    meters.counted(
        "mandate.trace.spans.exported",
        "",
        "Spans that the trace collector took",
        tracing::exported);
    meters.counted(
        "mandate.trace.spans.failed",
        "",
        "Spans that were sent and that the trace collector did not take",
        tracing::failed);
  }

  static void revocations(Meters meters, Freshness freshness) {
    meters.gauge(
        "mandate.revocation.lag",
        "seconds",
        "Since this node was last sure to have heard every revocation; 0 on SQLite",
        freshness::lag);
  }

  static void budgets(Meters meters, LocalBudgets budgets) {
    meters.gauge(
        "mandate.budget.reservations.open",
        "",
        "Calls that hold an amount of their budgets",
        () -> budgets.level().open());
    meters.gauge(
        "mandate.ledger.backlog",
        "",
        "Settled calls that wait for the ledger",
        () -> budgets.level().unkept());
    meters.gauge(
        "mandate.journal",
        "bytes",
        "Disk that the journal of calls takes",
        () -> budgets.level().journalBytes());
  }

  static void stores(Meters meters, Stores stores) {
    meters.gauge("mandate.database.queue", "", "Writes that wait", () -> stores.load().queued());
    meters.counted("mandate.database.commits", "", "Transactions", () -> stores.load().commits());
    meters.counted(
        "mandate.database.operations",
        "",
        "Writes in those transactions; divided by them: the size of a batch",
        () -> stores.load().operations());
    meters.counted(
        "mandate.database.failures", "", "Transactions that failed", () -> stores.load().failed());
    meters.counted(
        "mandate.database.commit",
        "seconds",
        "Time in transactions; divided by them: the time of one",
        () -> stores.load().commitNanos() / NANOS);
    meters.gauge(
        "mandate.database.connections.busy",
        "",
        "Connections to PostgreSQL in use",
        () -> stores.load().pool().busy());
    meters.gauge(
        "mandate.database.connections.idle",
        "",
        "Connections to PostgreSQL that wait for work",
        () -> stores.load().pool().idle());
    meters.gauge(
        "mandate.database.connections.wanted",
        "",
        "Operations that wait for a connection to PostgreSQL",
        () -> stores.load().pool().waiting());
    meters.gauge(
        "mandate.audit.waiting",
        "",
        "Audit events that wait for a transaction",
        stores::auditWaiting);
    meters.counted(
        "mandate.audit.lost",
        "",
        "Audit events that found no room or could not be stored",
        stores::auditLost);
  }
}

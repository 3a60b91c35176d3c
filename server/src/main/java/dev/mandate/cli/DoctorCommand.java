package dev.mandate.cli;

import dev.mandate.app.Doctor;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// `mandate doctor`: looks at everything that a start needs.
@CommandLine.Command(
    name = "doctor",
    description = "Check configuration, database, upstreams and clock",
    mixinStandardHelpOptions = true)
public final class DoctorCommand implements Callable<Integer> {
  @CommandLine.Option(names = "--config", required = true, paramLabel = "FILE")
  private @Nullable Path config;

  @CommandLine.Option(
      names = "--database",
      paramLabel = "URL",
      description = "postgresql://user@host:port/name instead of SQLite in the data folder")
  private @Nullable String database;

  @Override
  public Integer call() {
    if (config == null) {
      throw new IllegalStateException("--config is required");
    }
    List<Doctor.Finding> findings =
        new Doctor(InstantSource.system()).examine(config, database, System.getenv());
    for (Doctor.Finding finding : findings) {
      System.out.printf(
          "%-4s %-28s %s%n",
          finding.healthy() ? "ok" : "FAIL", finding.subject(), finding.detail());
    }
    return findings.stream().allMatch(Doctor.Finding::healthy) ? 0 : 1;
  }
}

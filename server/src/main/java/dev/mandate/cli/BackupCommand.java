package dev.mandate.cli;

import dev.mandate.app.Backup;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// `mandate backup`: copies the SQLite database while a server serves, or of a stopped one.
@CommandLine.Command(
    name = "backup",
    description = "Copy the SQLite database to a file, while the server serves or not",
    mixinStandardHelpOptions = true)
public final class BackupCommand implements Callable<Integer> {
  @CommandLine.Option(names = "--config", required = true, paramLabel = "FILE")
  private @Nullable Path config;

  @CommandLine.Option(
      names = "--to",
      required = true,
      paramLabel = "FILE",
      description = "that is not there yet")
  private @Nullable Path to;

  @Override
  public Integer call() {
    if (config == null || to == null) {
      throw new IllegalStateException("--config and --to are required");
    }
    Backup.Made made = Backup.make(config, to, System.getenv(), InstantSource.system());
    System.out.printf("%s has %d bytes%n", made.file(), made.bytes());
    return 0;
  }
}

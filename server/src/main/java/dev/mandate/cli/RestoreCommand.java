package dev.mandate.cli;

import dev.mandate.app.Restore;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// `mandate restore`: puts a backup in place and says what of it still holds.
@CommandLine.Command(
    name = "restore",
    description = "Put a backup in place of the database, with what was revoked since",
    mixinStandardHelpOptions = true)
public final class RestoreCommand implements Callable<Integer> {
  @CommandLine.Option(names = "--config", required = true, paramLabel = "FILE")
  private @Nullable Path config;

  @CommandLine.Option(
      names = "--from",
      paramLabel = "FILE",
      description = "a file of mandate backup; without it the database was put back already")
  private @Nullable Path from;

  @CommandLine.Option(
      names = "--database",
      paramLabel = "URL",
      description = "postgresql://user@host:port/name, put back by pg_restore")
  private @Nullable String database;

  @CommandLine.Option(
      names = "--without-master-key",
      description = "drop what the master keys here do not open: credentials and signing keys")
  private boolean withoutMasterKey;

  @CommandLine.Option(
      names = "--trust-backup",
      description = "nothing was revoked since but what this node's log has: end nothing else")
  private boolean trustBackup;

  @Override
  public Integer call() {
    if (config == null) {
      throw new IllegalStateException("--config is required");
    }
    Restore.run(
            new Restore.Options(
                config, from, database, withoutMasterKey, trustBackup, System.getenv()),
            InstantSource.system())
        .forEach(System.out::println);
    return 0;
  }
}

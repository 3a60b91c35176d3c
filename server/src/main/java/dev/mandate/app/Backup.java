package dev.mandate.app;

import dev.mandate.storage.Backups;
import dev.mandate.storage.StorageException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/// Copies the SQLite database of a configuration's data folder, whether a server serves from it or
/// not.
public final class Backup {
  /// What was made.
  public record Made(Path file, long bytes) {}

  private Backup() {}

  /// @param to a file that is not there yet
  /// @throws StartRefused when there is nothing to copy, or it can't be
  public static Made make(
      Path configFile, Path to, Map<String, String> environment, InstantSource clock) {
    ServerConfig config = ConfigFile.read(configFile, environment);
    if (config.database().isPresent()) {
      throw new StartRefused(
          "the database is PostgreSQL's: back it up with pg_dump; docs/guides/vault.md says how");
    }
    try {
      return new Made(to, Backups.copy(config.data(), to, clock.instant()));
    } catch (StorageException e) {
      throw new StartRefused(String.valueOf(e.getMessage()));
    }
  }
}

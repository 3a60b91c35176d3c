package dev.mandate.app;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.StorageException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which database to use, from the command line, the configuration and the environment.
final class DatabaseSetting {
  /// The password, for who keeps it neither in the URL nor in a file.
  static final String PASSWORD_VARIABLE = "MANDATE_DATABASE_PASSWORD";

  private DatabaseSetting() {}

  /// @param option from the command line; comes before the configuration
  /// @return null for SQLite in the data folder
  /// @throws StartRefused when it is malformed
  static @Nullable DatabaseUrl of(
      @Nullable String option, ServerConfig config, Map<String, String> environment) {
    String url = option != null ? option : config.database().orElse(null);
    Optional<Secret> password =
        config.databasePasswordFile().map(source -> source.read(environment));
    if (url == null && password.isPresent()) {
      throw new StartRefused("database-password-file is set, expected a database beside it");
    }
    return of(url, password, environment);
  }

  /// @return null for SQLite in the data folder
  /// @throws StartRefused when it is malformed
  static @Nullable DatabaseUrl of(@Nullable String url, Map<String, String> environment) {
    return of(url, Optional.empty(), environment);
  }

  private static @Nullable DatabaseUrl of(
      @Nullable String url, Optional<Secret> password, Map<String, String> environment) {
    if (url == null) {
      return null;
    }
    try {
      DatabaseUrl parsed = DatabaseUrl.parse(url);
      return password
          .or(() -> Optional.ofNullable(environment.get(PASSWORD_VARIABLE)).map(Secret::of))
          .map(parsed::with)
          .orElse(parsed);
    } catch (StorageException e) {
      throw new StartRefused(String.valueOf(e.getMessage()));
    }
  }
}

package dev.mandate.storage;

import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/// Brings a database to the schema of this release.
final class Migrations {
  private Migrations() {}

  /// @param dialect names the folder beside `common`
  /// @param words what the texts in `common` leave open
  static void run(DataSource database, String dialect, Map<String, String> words) {
    try {
      Flyway.configure()
          .dataSource(database)
          .locations("classpath:db/migration/common", "classpath:db/migration/" + dialect)
          .placeholders(words)
          .failOnMissingLocations(true)
          .validateMigrationNaming(true)
          // A database of a later release is refused, not guessed at.
          .ignoreMigrationPatterns(new String[0])
          .loggers("slf4j")
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new StorageException("the schema cannot be brought up to date: " + e.getMessage(), e);
    }
  }
}

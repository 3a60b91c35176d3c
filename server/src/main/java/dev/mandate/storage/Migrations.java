package dev.mandate.storage;

import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/// Brings a database to the schema of this release.
final class Migrations {
  static final String LATEST = "latest";

  private Migrations() {}

  /// @param dialect names the folder beside `common`
  /// @param words what the texts in `common` leave open
  /// @param version the last to run; `latest` for all
  static void run(DataSource database, String dialect, Map<String, String> words, String version) {
    try {
      Flyway.configure()
          .dataSource(database)
          .locations("classpath:db/migration/common", "classpath:db/migration/" + dialect)
          .placeholders(words)
          .target(version)
          // All or none: a release is no place to stop in the middle; and one commit, not one for
          // each.
          .group(true)
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

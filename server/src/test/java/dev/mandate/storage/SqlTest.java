package dev.mandate.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.testing.TestClock;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Rules for every statement and every table, so that a new one can't forget the tenant.
class SqlTest {
  private static final Pattern STATEMENT =
      Pattern.compile("^\\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\\b");

  /// Reads which tenants there are, or what the node must hear of all of them.
  private static final Set<String> ACROSS_TENANTS =
      Set.of(
          "Backups.COUNT_COPIES",
          "Backups.LATEST",
          "Housekeeping.TENANTS",
          "JdbcDeliveryStore.DUE",
          "JdbcFindingStore.UNTOLD",
          "JdbcCredentialLifeStore.TENANTS",
          "JdbcCredentialPolicyStore.TENANTS",
          // Who finds a key in the open knows no tenant; having it is the proof.
          "JdbcApiKeyStore.EVERYWHERE",
          "JdbcLeaseStore.JOIN",
          "JdbcLeaseStore.BEAT",
          "JdbcLeaseStore.ALIVE",
          "JdbcLeaseStore.TENANTS_OF_NODE",
          "JdbcLeaseStore.RECALLS",
          "JdbcLeaseStore.DROP_RECALLS",
          "JdbcRotationStore.DUE",
          "JdbcRecoveryStore.AFTER",
          "JdbcRecoveryStore.COPY",
          "JdbcRecoveryStore.END",
          "JdbcRecoveryStore.LATEST",
          "JdbcRecoveryStore.PLACE",
          "JdbcTenantKeyStore.COUNTS",
          "JdbcTenantKeyStore.NOT_UNDER",
          "JdbcMonitoringStore.UNLEARNED",
          "JdbcRateShareStore.ALIVE",
          "JdbcRateShareStore.BEAT",
          "JdbcRateShareStore.FORGET",
          "JdbcRateShareStore.JOIN",
          "JdbcRateShareStore.LEAVE",
          "JdbcRateShareStore.TENANTS_OF_BOOT",
          "JdbcRestraintStore.ALL",
          "JdbcTenantStore.ALL",
          "JdbcTenantStore.PAGE",
          "PostgresDatabase.TABLES",
          "PostgresDatabase.TAKE_TURN",
          "RevocationReader.AFTER",
          "RevocationReader.END");

  /// Belongs to no tenant.
  private static final String NODES = "JdbcNodeStore.";

  /// Tables of the nodes' own: which master key is in use and who has which, how far a log has got.
  private static final Set<String> OF_NODES =
      Set.of(
          "Backups.MARK",
          "JdbcRecoveryStore.KEEP",
          "JdbcRecoveryStore.SETTLE",
          "JdbcTenantKeyStore.HOLD",
          "JdbcTenantKeyStore.HOLDERS",
          "JdbcTenantKeyStore.IN_USE",
          "JdbcTenantKeyStore.LET_GO",
          "JdbcTenantKeyStore.LET_GO_OF_THE_LOST",
          "JdbcTenantKeyStore.USE");

  private static final Set<String> WITHOUT_TENANT_IN_FRONT =
      Set.of(
          "api_key_secrets api_key_secrets_by_hash ",
          "backup_copies",
          "flyway_schema_history",
          "lease_nodes",
          "master_key_holders",
          "master_key_in_use",
          "nodes",
          "rate_nodes",
          "revocation_logs",
          "revocations",
          "sqlite_sequence");

  private static List<String> statements() throws ReflectiveOperationException {
    List<String> statements = new ArrayList<>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.mandate.storage")) {
      for (Field field : Class.forName(type.getName()).getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
          field.setAccessible(true);
          String name = type.getSimpleName() + "." + field.getName();
          String sql = (String) field.get(null);
          if (sql != null && STATEMENT.matcher(sql).find() && !isWithoutTenant(name)) {
            statements.add(name + ": " + sql);
          }
        }
      }
    }
    return statements;
  }

  private static boolean isWithoutTenant(String name) {
    return ACROSS_TENANTS.contains(name) || OF_NODES.contains(name) || name.startsWith(NODES);
  }

  @Test
  void everyStatementNamesTheTenantAndItsColumns() throws ReflectiveOperationException {
    List<String> statements = statements();
    assertThat(statements).hasSizeGreaterThan(50);
    assertThat(statements)
        .allMatch(
            sql -> sql.contains(":tenant") || sql.matches("(?s).*INSERT INTO \\w+ \\(tenant_id,.*"),
            "is bound to a tenant");
    assertThat(statements)
        .filteredOn(sql -> !sql.contains("INSERT INTO"))
        .allMatch(sql -> sql.contains("tenant_id = :tenant"), "filters on the tenant");
    assertThat(statements).noneMatch(sql -> sql.contains("SELECT *"));
  }

  @Test
  void everyTableBeginsItsKeysWithTheTenant(@TempDir Path folder) {
    try (Stores stores = Stores.open(folder, new ChangeFeed(), new TestClock())) {
      List<String> firstColumns =
          stores
              .database()
              .read(
                  handle ->
                      handle
                          .createQuery(
                              """
                              SELECT t.name AS table_name, i.name AS index_name,
                                c.name AS column_name
                              FROM sqlite_schema t
                              JOIN pragma_index_list(t.name) i
                              JOIN pragma_index_info(i.name) c ON c.seqno = 0
                              WHERE t.type = 'table'
                              """)
                          .map(
                              (row, _) ->
                                  row.getString("table_name")
                                      + " "
                                      + row.getString("index_name")
                                      + " "
                                      + row.getString("column_name"))
                          .list());
      assertThat(firstColumns)
          .filteredOn(row -> WITHOUT_TENANT_IN_FRONT.stream().noneMatch(row::startsWith))
          .hasSizeGreaterThan(20)
          .allMatch(row -> row.endsWith(" tenant_id"));
    }
  }

  @Test
  void everyTableIsStrict(@TempDir Path folder) {
    try (Stores stores = Stores.open(folder, new ChangeFeed(), new TestClock())) {
      List<String> lax =
          stores
              .database()
              .read(
                  handle ->
                      handle
                          .createQuery(
                              "SELECT name FROM pragma_table_list WHERE type = 'table' AND"
                                  + " strict = 0 AND schema = 'main'")
                          .map((row, _) -> row.getString("name"))
                          .list());
      assertThat(lax)
          .containsExactlyInAnyOrder("flyway_schema_history", "sqlite_schema", "sqlite_sequence");
    }
  }
}

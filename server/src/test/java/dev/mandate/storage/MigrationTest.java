package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.token.RefreshTokenStore.Rotation;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.domain.vault.TenantKeyStore;
import dev.mandate.testing.Postgres;
import dev.mandate.testing.TestClock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What an earlier release stored is there after every migration since, on both databases.
class MigrationTest {
  private static final Instant THEN = Instant.ofEpochMilli(1_795_000_000_000L);
  private static final MandateId MANDATE = new MandateId("mandate_1");

  @TempDir private Path folder;

  enum On {
    SQLITE,
    POSTGRESQL
  }

  /// The schema of this version, with its fixture in it, opened by this release.
  private Stores migrated(On on, String version) throws IOException {
    List<String> rows = fixture(version);
    return switch (on) {
      case SQLITE -> {
        Path file = folder.resolve("mandate.db");
        SqliteDatabase.migrate(file, version);
        try (SqliteDatabase database = SqliteDatabase.at(file)) {
          insert(database, rows);
        }
        yield Stores.open(folder, new ChangeFeed(), new TestClock());
      }
      case POSTGRESQL -> {
        DatabaseUrl url = Postgres.bare();
        PostgresDatabase.migrate(PostgresServer.at(url), version);
        try (PostgresDatabase database = new PostgresDatabase(PostgresServer.at(url))) {
          insert(
              database,
              rows.stream().map(row -> row.replaceAll("X'([0-9a-f]*)'", "'\\\\x$1'")).toList());
        }
        yield Stores.open(folder, url, new ChangeFeed(), new TestClock());
      }
    };
  }

  private static List<String> fixture(String version) throws IOException {
    String name = "/fixtures/V" + version + ".sql";
    try (InputStream file = MigrationTest.class.getResourceAsStream(name)) {
      String text =
          new String(Objects.requireNonNull(file, name).readAllBytes(), StandardCharsets.UTF_8);
      return Arrays.stream(text.split(";\n", -1))
          .map(row -> row.replaceAll("(?m)^--.*$", "").strip())
          .filter(row -> !row.isEmpty())
          .toList();
    }
  }

  private static void insert(Database database, List<String> rows) {
    assertThat(rows).hasSizeGreaterThan(20);
    database.write(
        handle -> {
          rows.forEach(
              row -> {
                try (var statement = handle.getConnection().createStatement()) {
                  statement.execute(row);
                } catch (java.sql.SQLException e) {
                  throw new StorageException(row + ": " + e.getMessage(), e);
                }
              });
          return rows.size();
        });
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void whatReleaseOneStoredIsReadByThisOne(On on) throws IOException {
    try (Stores stores = migrated(on, "0002")) {
      assertThat(Objects.requireNonNull(stores.tenants().find(ACME)).name())
          .isEqualTo("Acme & Söhne");
      User mia = Objects.requireNonNull(stores.users().findByUsername(ACME, "MIA"));
      assertThat(mia.displayName()).isEqualTo("Mia O'Neill");
      assertThat(stores.users().entitlements(ACME, Role.MEMBER))
          .extracting(LlmTerms::upstream)
          .containsExactly("openai");
      assertThat(Objects.requireNonNull(stores.clients().find(ACME, new ClientId("app"))).scopes())
          .isEqualTo(Set.of("openid", "llm:openai"));
      assertThat(Objects.requireNonNull(stores.upstreams().find(ACME, "openai")).models())
          .extracting(Model::name)
          .containsExactly("gpt-test");
      assertThat(
              Objects.requireNonNull(stores.credentials().current(ACME, "openai")).sealedSecret())
          .containsExactly(0, 1, 254, 255);
      TenantKeyStore.Wrapped key = Objects.requireNonNull(stores.tenantKeys().find(ACME));
      assertThat(key.bytes()).containsExactly(0, 9, 255);
      assertThat(key.masterKey()).isEqualTo(MasterKeys.MAIN).isEqualTo(stores.tenantKeys().inUse());
      assertThat(stores.signingKeys().all(ACME))
          .singleElement()
          .matches(k -> k.kid().equals("kid_1"));
      assertThat(stores.audit().firstBroken(ACME)).isZero();
      assertThat(stores.audit().latest(ACME, 10)).hasSize(2);
      assertThat(stores.ledger().summary(ACME, MANDATE).costMicros()).isEqualTo(20);
      assertThat(stores.ledger().latest(ACME, MANDATE, 10)).hasSize(1);
      assertThat(stores.revokedTokens().live(ACME, THEN)).containsOnlyKeys("jti_1");
      assertThat(stores.pendings().find(ACME, new PendingId("ask_1"), THEN)).isNotNull();
      assertThat(stores.sessions().find(ACME, StoreContract.hash("session"), THEN)).isNotNull();
      assertThat(stores.signInThrottle().admit(ACME, "mia", 3, Duration.ofMinutes(1), THEN))
          .isFalse();
      credentialsOfCallersGoOn(stores);
    }
  }

  private static void credentialsOfCallersGoOn(Stores stores) {
    assertThat(stores.mandates().ofUser(ACME, new UserId("user_mia"), 10)).hasSize(3);
    assertThat(stores.codes().consume(ACME, StoreContract.hash("code"), THEN)).isTrue();
    Rotation again =
        stores
            .refreshTokens()
            .rotate(
                ACME,
                StoreContract.hash("first"),
                StoreContract.hash("other"),
                new byte[1],
                THEN,
                THEN.plusSeconds(60));
    assertThat(again)
        .isInstanceOfSatisfying(
            Rotation.Repeated.class,
            repeated -> assertThat(repeated.sealedSuccessor()).containsExactly(1, 2, 3));
    ApiKey key = Objects.requireNonNull(stores.apiKeys().find(ACME, StoreContract.hash("key")));
    assertThat(key.id()).isEqualTo(new ApiKeyId("key_1"));
    assertThat(stores.mandates().revoke(ACME, MANDATE, THEN)).isTrue();
    assertThat(
            Objects.requireNonNull(stores.mandates().find(ACME, new MandateId("mandate_2")))
                .isRevoked())
        .isTrue();
  }

  /// A fixture that no test reads proves nothing.
  @ParameterizedTest
  @EnumSource(On.class)
  void everyFixtureMigrates(On on) throws IOException {
    List<String> versions = new ArrayList<>();
    try (var files = Files.list(Path.of("src/test/resources/fixtures"))) {
      files.forEach(
          file -> versions.add(file.getFileName().toString().replaceAll("^V|\\.sql$", "")));
    }
    assertThat(versions).contains("0002");
    Path root = folder;
    for (String version : versions) {
      folder = Files.createDirectories(root.resolve(version));
      try (Stores stores = migrated(on, version)) {
        assertThat(stores.integrity()).isNull();
        assertThat(stores.tenants().find(ACME)).isNotNull();
      }
    }
  }
}

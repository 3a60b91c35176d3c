package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.recovery.RevocationLog;
import dev.mandate.domain.session.Session;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A backup is put back: what was revoked since stays revoked, nothing else is lost, and what can't
/// be known or opened is said and ended.
@Order(4) // Takes long: among the first, so that nothing waits for it alone at the end.
class RestoreTest {
  private static final TenantId TENANT = TenantId.DEFAULT;

  enum On {
    SQLITE,
    POSTGRESQL
  }

  @TempDir private Path folder;
  private final TokenSource random = new TokenSource(new SecureRandom(), InstantSource.system());
  private @Nullable ConfiguredServer server;
  private @Nullable DatabaseUrl copy;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private ConfiguredServer start(On on) {
    ConfiguredServer started =
        new ConfiguredServer(folder, on == On.SQLITE ? null : Postgres.database());
    server = started;
    return started.start();
  }

  /// While it serves where that is possible; PostgreSQL's own copy needs the database alone.
  private void backUp(ConfiguredServer at, On on) {
    if (on == On.SQLITE) {
      Path file = folder.resolve("backup.db");
      Backup.Made made = Backup.make(at.config(), file, Map.of(), InstantSource.system());
      assertThat(made.bytes()).isPositive();
    } else {
      DatabaseUrl source = DatabaseUrl.parse(databaseOf(at));
      at.stop();
      String name = source.name() + "_copy";
      Postgres.execute("CREATE DATABASE " + name + " TEMPLATE " + source.name());
      copy = new DatabaseUrl(source.hosts(), name, source.user(), source.password(), Map.of());
      at.start();
    }
  }

  private static String databaseOf(ConfiguredServer at) {
    try {
      return Files.readString(at.config())
          .lines()
          .filter(line -> line.startsWith("database: "))
          .findFirst()
          .orElseThrow()
          .substring("database: ".length());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private String restore(ConfiguredServer at, On on, boolean withoutMasterKey, boolean trust) {
    at.stop();
    if (on == On.POSTGRESQL && copy != null) {
      at.on(copy);
    }
    return String.join(
        "\n",
        Restore.run(
            new Restore.Options(
                at.config(),
                on == On.SQLITE ? folder.resolve("backup.db") : null,
                null,
                withoutMasterKey,
                trust,
                Map.of()),
            InstantSource.system()));
  }

  private static Mandate give(ConfiguredServer at, String id) {
    Instant now = InstantSource.system().instant();
    Instant end = now.plus(Duration.ofDays(1));
    Mandate mandate =
        new Mandate(
            TENANT,
            new MandateId(id),
            at.client(ConfiguredServer.SERVICE).id(),
            at.person().id(),
            new TreeSet<>(),
            List.of(
                new LlmAccess(
                    "openai",
                    new TreeSet<>(Set.of("gpt-5-mini")),
                    Set.of(Capability.CHAT),
                    Limits.NONE,
                    end)),
            now,
            end,
            null,
            null);
    at.stores().mandates().insert(mandate);
    return mandate;
  }

  private String key(ConfiguredServer at, String id, Mandate mandate) {
    Secret key = ApiKeyFormat.generate(random);
    Instant now = InstantSource.system().instant();
    at.stores()
        .apiKeys()
        .insert(
            new ApiKey(
                TENANT,
                new ApiKeyId(id),
                TokenHash.of(key),
                ApiKeyFormat.hint(key),
                id,
                at.person().id(),
                mandate.id(),
                Set.of(),
                now,
                now.plus(Duration.ofDays(1)),
                null,
                null));
    return key.reveal();
  }

  private static void session(ConfiguredServer at, String token) {
    Instant now = InstantSource.system().instant();
    at.stores()
        .sessions()
        .insert(
            new Session(
                TENANT,
                TokenHash.of(Secret.of(token)),
                at.person().id(),
                now,
                now.plus(Duration.ofHours(1))));
  }

  private static boolean hasSession(ConfiguredServer at, String token) {
    return at.stores()
            .sessions()
            .find(TENANT, TokenHash.of(Secret.of(token)), InstantSource.system().instant())
        != null;
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void whatWasRevokedAfterTheBackupIsRevokedAfterItsRestore(On on) {
    ConfiguredServer at = start(on);
    String standing = at.service();
    String kept = key(at, "key_kept", give(at, "mnd_kept"));
    String ofRevoked = key(at, "key_of_revoked", give(at, "mnd_revoked"));
    String revoked = key(at, "key_revoked", give(at, "mnd_other"));
    String suspended = key(at, "key_suspended", give(at, "mnd_suspended"));
    String jwt = at.service();
    session(at, "signed in before the backup");
    backUp(at, on);
    Instant now = InstantSource.system().instant();
    at.stores().mandates().revoke(TENANT, new MandateId("mnd_revoked"), now);
    at.stores().apiKeys().revoke(TENANT, new ApiKeyId("key_revoked"), now);
    CallerId held = CallerId.of(TENANT, new ApiKeyId("key_suspended"));
    at.stores().restraints().hold(new Restraint(held, now, null, "fnd_1"));
    Wire.post(
        at.url("/oauth/revoke"),
        "client_id",
        ConfiguredServer.SERVICE,
        "client_secret",
        at.secret(ConfiguredServer.SERVICE).reveal(),
        "token",
        jwt);
    assertThat(at.chat(ofRevoked).status()).isEqualTo(401);
    assertThat(at.chat(jwt).status()).isEqualTo(401);

    String said = restore(at, on, false, false);

    assertThat(said).contains("4 revocations since").doesNotContain("no log");
    at.start();
    for (String gone : new String[] {ofRevoked, revoked, jwt}) {
      assertThat(at.chat(gone).status()).isEqualTo(401);
      assertThat(at.isActive(gone)).isFalse();
    }
    assertThat(at.chat(suspended).status()).isEqualTo(403);
    assertThat(at.isActive(suspended)).isFalse();
    for (String good : new String[] {kept, standing}) {
      assertThat(at.chat(good)).satisfies(a -> assertThat(a.status()).as(a.body()).isEqualTo(200));
      assertThat(at.isActive(good)).isTrue();
    }
    assertThat(at.admin("GET", "/mandates/mnd_revoked", "").text("/status")).isEqualTo("revoked");
    assertThat(hasSession(at, "signed in before the backup")).isFalse();
    assertThat(at.stores().audit().latest(TENANT, 50))
        .anySatisfy(
            event -> {
              assertThat(event.type()).isEqualTo("database.restored");
              assertThat(event.details()).containsEntry("revoked_again", "4");
            });
    assertThat(at.stores().audit().firstBroken(TENANT)).isZero();
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void peopleAndAppsThatWereCutBackAfterTheBackupStayCutBack(On on) {
    ConfiguredServer at = start(on);
    at.admin("POST", "/users", "{\"username\":\"zoe\",\"role\":\"admin\"}");
    at.admin("POST", "/users", "{\"username\":\"yan\",\"role\":\"member\"}");
    at.admin("POST", "/users", "{\"username\":\"xia\",\"role\":\"member\"}");
    String bot =
        "{\"id\":\"%s\",\"name\":\"Bot\",\"type\":\"confidential\",\"token_endpoint_auth_method\":\"client_secret_post\",\"grant_types\":[\"client_credentials\"]}";
    at.admin("POST", "/clients", bot.formatted("gone"));
    String old = at.admin("POST", "/clients", bot.formatted("turned")).text("/client_secret");
    at.admin("POST", "/tenants", "{\"id\":\"acme\",\"name\":\"Acme\"}");
    assertThat(at.token("turned", Secret.of(old)).text("/error")).isNotEqualTo("invalid_client");
    backUp(at, on);
    var stores = at.stores();
    var zoe = java.util.Objects.requireNonNull(stores.users().findByUsername(TENANT, "zoe"));
    var yan = java.util.Objects.requireNonNull(stores.users().findByUsername(TENANT, "yan"));
    var xia = java.util.Objects.requireNonNull(stores.users().findByUsername(TENANT, "xia"));
    stores.users().setRole(TENANT, zoe.id(), Role.MEMBER);
    stores.users().setDisabled(TENANT, yan.id(), true);
    Secret hash = new Secret[] {yan.passwordHash()}[0];
    stores.users().edit(TENANT, xia.id(), user -> user.withPasswordHash(hash));
    stores.clients().delete(at.client("gone"), InstantSource.system().instant());
    stores
        .clients()
        .replace(
            at.client("turned"),
            at.client("turned")
                .withProof(
                    new Proof.Secrets(
                        AuthMethod.SECRET,
                        List.of(
                            new ClientSecret(
                                Client.FIRST,
                                TokenHash.of(random.token()),
                                InstantSource.system().instant())))));
    stores.tenants().setDisabled(new TenantId("acme"), true);

    restore(at, on, false, false);

    at.start();
    var after = at.stores();
    assertThat(after.users().find(TENANT, zoe.id()))
        .isNotNull()
        .satisfies(user -> assertThat(user.role()).isEqualTo(Role.MEMBER));
    assertThat(after.users().find(TENANT, yan.id()))
        .isNotNull()
        .satisfies(user -> assertThat(user.disabled()).isTrue());
    // Neither the password that was replaced nor a way around it.
    assertThat(after.users().find(TENANT, xia.id()))
        .isNotNull()
        .satisfies(
            user ->
                assertThat(user.passwordHash())
                    .isNotEqualTo(xia.passwordHash())
                    .isNotEqualTo(hash));
    assertThat(after.clients().find(TENANT, new dev.mandate.domain.client.ClientId("gone")))
        .isNull();
    assertThat(at.token("turned", Secret.of(old)).text("/error")).isEqualTo("invalid_client");
    assertThat(at.client("turned").isPublic()).isFalse();
    assertThat(after.tenants().find(new TenantId("acme")))
        .isNotNull()
        .satisfies(tenant -> assertThat(tenant.disabled()).isTrue());
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void withoutALogNothingThatWasGivenBeforeHoldsUnlessTheBackupIsTrusted(On on) throws Exception {
    ConfiguredServer at = start(on);
    String held = key(at, "key_held", give(at, "mnd_held"));
    String before = at.service();
    session(at, "before");
    backUp(at, on);
    for (boolean trust : new boolean[] {true, false}) {
      at.stop();
      Files.delete(at.data().resolve(RevocationLog.FILE));
      String said = restore(at, on, false, trust);
      at.start();
      assertThat(at.chat(held).status()).isEqualTo(trust ? 200 : 401);
      assertThat(at.chat(before).status()).isEqualTo(trust ? 200 : 401);
      assertThat(hasSession(at, "before")).isEqualTo(trust);
      assertThat(at.admin("GET", "/mandates", "").status()).isEqualTo(trust ? 200 : 401);
      assertThat(said).contains(trust ? "trusted" : "no log says what was revoked since");
    }
    // The configuration still names the service: it has a new mandate of its own.
    assertThat(at.chat(at.service()).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void aWrongMasterKeyRefusesAndALostOneDropsWhatItSealedAndNothingElse(On on) {
    ConfiguredServer at = start(on);
    Wire.Answer made = at.admin("POST", "/upstreams", upstream("other"));
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    at.admin("POST", "/upstreams/other/credentials", "{\"secret\":\"sk-other-0123456789abcdef\"}");
    String before = at.service();
    String key = key(at, "key_held", give(at, "mnd_held"));
    backUp(at, on);
    byte[] other = new byte[32];
    new SecureRandom().nextBytes(other);
    at.write("master", Secret.of(Base64.getEncoder().encodeToString(other)));
    at.stop();
    if (on == On.POSTGRESQL && copy != null) {
      at.on(copy);
      assertThatThrownBy(at::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("does not open")
          .message()
          .hasLineCount(1);
    }
    assertThatThrownBy(() -> restore(at, on, false, false))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("do not open the secrets of tenants [default]")
        .hasMessageContaining("--without-master-key")
        .message()
        .hasLineCount(1);

    String said = restore(at, on, true, false);

    assertThat(said)
        .contains("the credential of upstream other must be entered again (it ended in cdef)")
        .contains("the credential of upstream openai must be entered again")
        .contains("signing keys");
    at.start();
    assertThat(at.chat(before).status()).isEqualTo(401);
    assertThat(at.chat(key).status()).isEqualTo(200);
    assertThat(at.chat(at.service()).status()).isEqualTo(200);
    assertThat(at.stores().credentials().current(TENANT, "other")).isNull();
    assertThat(at.stores().upstreams().find(TENANT, "other")).isNotNull();
    assertThat(
            at.admin(
                    "POST",
                    "/upstreams/other/credentials",
                    "{\"secret\":\"sk-other-0123456789abcdef\"}")
                .status())
        .isEqualTo(201);
  }

  private static String upstream(String id) {
    return "{\"id\":\"%s\",\"display_name\":\"Other\",\"provider\":\"openai\",\"base_url\":\"https://api.openai.com\"}"
        .formatted(id);
  }

  /// Nobody said that it is a backup: the log's mark does.
  @Test
  void aServerOnAnOlderDatabaseFindsOutByItself() throws Exception {
    ConfiguredServer at = start(On.POSTGRESQL);
    String revoked = key(at, "key_revoked", give(at, "mnd_revoked"));
    session(at, "before");
    backUp(at, On.POSTGRESQL);
    at.stores()
        .mandates()
        .revoke(TENANT, new MandateId("mnd_revoked"), InstantSource.system().instant());
    at.stop();
    at.on(java.util.Objects.requireNonNull(copy));
    at.start();
    assertThat(at.chat(revoked).status()).isEqualTo(401);
    assertThat(hasSession(at, "before")).isFalse();
    assertThat(at.stores().audit().latest(TENANT, 50))
        .anyMatch(event -> event.type().equals("database.found_older"));
    session(at, "after");
    at.stop();
    at.start();
    assertThat(hasSession(at, "after")).isTrue();
    assertThat(at.stores().audit().latest(TENANT, 50))
        .filteredOn(event -> event.type().equals("database.found_older"))
        .hasSize(1);
  }

  @Test
  void aCopyIsServedOnlyOnceItIsSettledAndARestoreThatDidNotEndNever() throws Exception {
    ConfiguredServer at = start(On.SQLITE);
    backUp(at, On.SQLITE);
    Path backup = folder.resolve("backup.db");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> backUp(at, On.SQLITE)).hasMessageContaining("is there already");
    assertThatThrownBy(
            () ->
                Restore.run(
                    new Restore.Options(at.config(), backup, null, false, false, Map.of()),
                    InstantSource.system()))
        .hasMessageContaining("is in use by process");
    at.stop();
    Path database = at.data().resolve("mandate.db");
    Path mine = Files.move(database, folder.resolve("mine"));
    Files.copy(backup, database);
    assertThatThrownBy(at::start).hasMessageContaining("run mandate restore");
    Files.delete(database);
    Files.createFile(at.data().resolve("mandate.db.restoring"));
    assertThatThrownBy(at::start).hasMessageContaining("did not end");
    assertThat(restore(at, On.SQLITE, false, false)).contains("is in place");
    at.start();
    assertThat(at.chat(at.service()))
        .satisfies(a -> assertThat(a.status()).as(a.body()).isEqualTo(200));
    Files.writeString(folder.resolve("torn"), "not a database");
    at.stop();
    assertThatThrownBy(
            () ->
                Restore.run(
                    new Restore.Options(
                        at.config(), folder.resolve("torn"), null, false, false, Map.of()),
                    InstantSource.system()))
        .isInstanceOf(StartRefused.class);
    assertThat(mine).exists();
  }

  @Test
  void aBackupIsWholeWhileCallsAndRevocationsGoOn() throws Exception {
    ConfiguredServer at = start(On.SQLITE);
    String token = at.service();
    java.util.concurrent.atomic.AtomicBoolean going =
        new java.util.concurrent.atomic.AtomicBoolean(true);
    java.util.concurrent.atomic.AtomicInteger calls =
        new java.util.concurrent.atomic.AtomicInteger();
    java.util.concurrent.atomic.AtomicInteger failed =
        new java.util.concurrent.atomic.AtomicInteger();
    Thread load =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (going.get()) {
                    failed.addAndGet(at.chat(token).status() == 200 ? 0 : 1);
                    String id = "mnd_" + calls.incrementAndGet();
                    give(at, id);
                    at.stores()
                        .mandates()
                        .revoke(TENANT, new MandateId(id), InstantSource.system().instant());
                  }
                });
    for (int i = 0; i < 3; i++) {
      int seen = calls.get();
      ConfiguredServer.await(() -> calls.get() > seen + 5);
      Backup.make(at.config(), folder.resolve("b" + i), Map.of(), InstantSource.system());
    }
    going.set(false);
    load.join();
    assertThat(failed).hasValue(0);
    Files.copy(folder.resolve("b2"), folder.resolve("backup.db"));
    String said = restore(at, On.SQLITE, false, false);
    assertThat(said).doesNotContain("no log");
    at.start();
    for (int i = 1; i <= calls.get(); i++) {
      Mandate mandate = at.stores().mandates().find(TENANT, new MandateId("mnd_" + i));
      assertThat(mandate == null || mandate.isRevoked()).isTrue();
    }
  }
}

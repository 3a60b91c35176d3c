package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The master key is replaced through the admin API while calls go on.
class VaultRotationTest {
  private static final String ROTATE = "{\"master_key\":\"%s\"}";

  @TempDir private Path folder;

  private void key(String id, int first) throws Exception {
    byte[] key = new byte[32];
    key[0] = (byte) first;
    Path keys = Files.createDirectories(folder.resolve("keys"));
    Files.writeString(keys.resolve(id), Base64.getEncoder().encodeToString(key) + "\n");
  }

  private static Wire.Answer rotate(ConfiguredServer server, String id) {
    return server.admin("POST", "/vault/rotate_master", ROTATE.formatted(id));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noCallFailsWhileTheMasterKeyIsReplacedAndTheOldOneIsNotNeededAfterwards(boolean postgres)
      throws Exception {
    Files.createDirectories(folder.resolve("keys"));
    try (ConfiguredServer server =
        new ConfiguredServer(folder, postgres ? Postgres.database() : null)) {
      server.with("master-key-folder: " + folder.resolve("keys") + "\n").start();
      for (int i = 0; i < 20; i++) {
        server.admin("POST", "/tenants", "{\"id\":\"t%d\",\"name\":\"T\"}".formatted(i));
        server.server().parts().vault().seal(new TenantId("t" + i), "credential/x", new byte[] {1});
      }
      assertThat(rotate(server, "2027-01").text("/code")).isEqualTo("master_key_unknown");
      key("2027-01", 1);
      String token = server.service();
      AtomicBoolean going = new AtomicBoolean(true);
      AtomicInteger calls = new AtomicInteger();
      List<Integer> refused = new ArrayList<>();
      Thread load =
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (going.get()) {
                      int status = server.chat(token).status();
                      calls.incrementAndGet();
                      if (status != 200) {
                        refused.add(status);
                      }
                    }
                  });
      ConfiguredServer.await(() -> calls.get() > 5);
      Wire.Answer rotated = rotate(server, "2027-01");
      assertThat(rotated.status()).as(rotated.body()).isEqualTo(200);
      assertThat(rotated.json().path("rewrapped").asInt()).isGreaterThanOrEqualTo(21);
      assertThat(rotated.json().path("remaining").asInt()).isZero();
      assertThat(rotated.text("/unused/0")).isEqualTo("main");
      int seen = calls.get();
      ConfiguredServer.await(() -> calls.get() > seen + 5);
      rotate(server, "main");
      rotate(server, "2027-01");
      going.set(false);
      load.join();
      assertThat(refused).isEmpty();
      assertThat(server.stores().audit().latest(TenantId.DEFAULT, 50))
          .anyMatch(event -> event.type().equals("vault.master_rotated"));
      assertThat(server.admin("GET", "/vault", "").json().toString())
          .contains("\"id\":\"2027-01\",\"wraps\":21");
      ofNoOtherTenant(server);
      server.stop();
      key("2027-01", 2);
      assertThatThrownBy(server::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("does not open")
          .message()
          .hasLineCount(1);
      key("2027-01", 1);
      // The old one can be anything now.
      server.write("master", Secret.of(Base64.getEncoder().encodeToString(new byte[32])));
      server.start();
      assertThat(server.chat(server.service()).status()).isEqualTo(200);
    }
  }

  /// Neither with every scope of its own.
  private static void ofNoOtherTenant(ConfiguredServer server) {
    String key = server.admin("POST", "/tenants/t1/api_key", "{}").text("/api_key");
    assertThat(key).isNotEmpty();
    for (String[] one :
        new String[][] {{"GET", "/vault", ""}, {"POST", "/vault/rotate_master", ROTATE}}) {
      Wire.Answer answer =
          Wire.send(
              one[0],
              server.url("/t/t1/admin/v1" + one[1]),
              one[2].formatted("main"),
              "authorization",
              "Bearer " + key,
              "content-type",
              "application/json");
      assertThat(answer.status()).as(answer.body()).isEqualTo(404);
    }
    assertThat(server.stores().tenantKeys().inUse()).isEqualTo("2027-01");
  }
}

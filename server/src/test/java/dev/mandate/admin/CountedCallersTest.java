package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Observed;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.net.AddressRange;
import dev.mandate.testing.Counted;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What monitoring sees of the admin API.
class CountedCallersTest {
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = AdminServer.start(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private int get(String path, Secret key) {
    return server.get(path, "x-api-key", key.reveal()).status();
  }

  private Observed of(CallerId caller) {
    return Counted.of(caller, server.activity, server.stores, server.clock);
  }

  private CallerId id(Secret key) {
    ApiKey stored =
        Objects.requireNonNull(server.stores.apiKeys().find(Fixture.TENANT, TokenHash.of(key)));
    return CallerId.of(Fixture.TENANT, stored.id());
  }

  @Test
  void whatAKeyAsksAndIsRefusedIsItsOwn() {
    Secret key = server.key(Set.of("clients:read"), null);
    assertThat(get("/clients", key)).isEqualTo(200);
    assertThat(get("/clients/nobody", key)).isEqualTo(404);
    for (int i = 0; i < 3; i++) {
      assertThat(get("/upstreams", key)).isEqualTo(403);
    }
    Observed seen = of(id(key));
    assertThat(seen.calls()).isEqualTo(2);
    assertThat(seen.refusals()).isEqualTo(3);
    assertThat(seen.networks()).hasSize(1);
  }

  @Test
  void aKeyThatComesFromWhereItMayNotIsRefused() {
    ApiKeys.Shown shown =
        server.apiKeys.make(
            new ApiKeys.Wish(
                Fixture.TENANT,
                "test",
                null,
                null,
                Set.of("clients:read"),
                new KeyBounds(List.of(), Limits.NONE, List.of(AddressRange.parse("192.0.2.0/24"))),
                null),
            server.clock.instant().plus(Duration.ofDays(1)),
            server.clock.instant());
    assertThat(get("/clients", shown.secret())).isEqualTo(403);
    assertThat(of(id(shown.secret())).refusals()).isEqualTo(1);
  }

  @Test
  void aCredentialThatIsNobodysIsTheNetworks() {
    assertThat(get("/clients", ApiKeyFormat.generate(server.tokens))).isEqualTo(401);
    assertThat(server.get("/clients", "authorization", "Bearer a.b.c").status()).isEqualTo(401);
    String network = "127.0.0.0/24";
    assertThat(of(new CallerId(Fixture.TENANT, CallerId.Kind.NETWORK, network)).refusals())
        .isEqualTo(2);
  }
}

package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {
  private static final String MINIMAL =
      """
      public-url: https://mandate.example.com
      data: /var/lib/mandate
      """;

  @Test
  void readsTheFileWithDefaults() {
    ServerConfig config = ConfigFile.parse(MINIMAL, Map.of());
    assertThat(config.publicUrl()).hasToString("https://mandate.example.com");
    assertThat(config.listen().port()).isEqualTo(8080);
    assertThat(config.listen().host()).isEqualTo("127.0.0.1");
    assertThat(config.tokens().accessTokenLifetime()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.upstreams()).isEmpty();
  }

  @Test
  void readsUpstreamsClientsAndEntitlements() {
    ServerConfig config =
        ConfigFile.parse(
            MINIMAL
                + """
                trusted-proxies: [10.0.0.1, 10.0.0.2]
                upstreams:
                  openai:
                    provider: openai
                    credential-file: /run/secrets/openai
                    models: [gpt-5-mini, text-embedding-3-small]
                clients:
                  inbox:
                    name: Inbox
                    redirect-uris: ["https://inbox.example.com/cb"]
                    policy:
                      openai: {cost-micros: 5000000}
                entitlements:
                  member:
                    openai: {cost-micros: 20000000, models: [gpt-5-mini]}
                """,
            Map.of());
    assertThat(config.trustedProxies()).contains(List.of("10.0.0.1", "10.0.0.2"));
    assertThat(config.upstreams())
        .hasEntrySatisfying(
            "openai",
            u -> assertThat(u.models()).contains(List.of("gpt-5-mini", "text-embedding-3-small")));
    assertThat(config.clients())
        .hasEntrySatisfying(
            "inbox",
            c ->
                assertThat(c.policy())
                    .hasEntrySatisfying(
                        "openai", t -> assertThat(t.costMicros()).hasValue(5_000_000)));
    assertThat(config.entitlements())
        .hasEntrySatisfying(
            "member",
            m ->
                assertThat(m)
                    .hasEntrySatisfying(
                        "openai", t -> assertThat(t.models()).contains(Set.of("gpt-5-mini"))));
  }

  @Test
  void readsMoreTenantsInTheShapeOfTheTop() {
    ServerConfig config =
        ConfigFile.parse(
            MINIMAL
                + """
                tenants:
                  acme-2:
                    tenant: {name: Acme AG, time-zone: Europe/Berlin}
                    users:
                      mia: {role: admin, password-file: /run/secrets/mia}
                    clients:
                      inbox:
                        name: Inbox
                        policy:
                          openai: {cost-micros: 5}
                    upstreams:
                      openai: {provider: openai, credential-file: /run/secrets/openai}
                    entitlements:
                      member:
                        openai: {cost-micros: 7}
                    admin-keys:
                      ops: {key-file: /run/secrets/ops}
                """,
            Map.of());
    assertThat(config.users()).isEmpty();
    assertThat(config.tenants()).containsOnlyKeys("acme-2");
    TenantTree acme = Objects.requireNonNull(config.tenants().get("acme-2"));
    assertThat(acme.tenant().name()).isEqualTo("Acme AG");
    assertThat(acme.tenant().timeZone()).hasToString("Europe/Berlin");
    assertThat(acme.users()).containsOnlyKeys("mia");
    assertThat(acme.clients()).containsOnlyKeys("inbox");
    assertThat(acme.upstreams()).containsOnlyKeys("openai");
    assertThat(acme.entitlements()).containsOnlyKeys("member");
    assertThat(acme.adminKeys()).containsOnlyKeys("ops");
  }

  @ParameterizedTest
  @ValueSource(strings = {"default", "Acme", "a_b", "-a", "a.b"})
  void aTenantThatCannotHaveAPathRefusesToStart(String slug) {
    String yaml = MINIMAL + "tenants:\n  \"" + slug + "\":\n    tenant: {name: X}\n";
    assertThatThrownBy(
            () -> ConfiguredSeed.all(ConfigFile.parse(yaml, Map.of()), Map.of(), Instant.EPOCH))
        .isInstanceOf(StartRefused.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"oauth", "t", "admin", "Open", "a/b"})
  void anUpstreamThatWouldHideAPathOfOursRefusesToStart(String name) {
    String yaml =
        MINIMAL + "upstreams:\n  \"" + name + "\": {provider: openai, credential-file: /nowhere}\n";
    assertThatThrownBy(
            () -> ConfiguredSeed.all(ConfigFile.parse(yaml, Map.of()), Map.of(), Instant.EPOCH))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("can't name an upstream");
  }

  @Test
  void theEnvironmentOverlaysTheFile() {
    ServerConfig config =
        ConfigFile.parse(
            MINIMAL,
            Map.of("MANDATE_LISTEN_PORT", "9090", "MANDATE_JAVA_HOME", "/jdk", "HOME", "/home/x"));
    assertThat(config.listen().port()).isEqualTo(9090);
  }

  @Test
  void emptyTermsAreTermsWithoutABound() {
    ServerConfig config =
        ConfigFile.parse(
            MINIMAL
                + """
                clients:
                  inbox: {name: Inbox, redirect-uris: ["https://a.example/"], policy: {openai: {}}}
                entitlements: {member: {openai: {}}}
                """,
            Map.of());
    assertThat(config.clients())
        .hasEntrySatisfying(
            "inbox",
            inbox ->
                assertThat(inbox.policy())
                    .hasEntrySatisfying("openai", terms -> assertThat(terms.requests()).isEmpty()));
    assertThat(config.entitlements().get("member")).containsOnlyKeys("openai");
  }

  @Test
  void anUnknownKeyRefusesToStartAndIsNamed() {
    assertThatThrownBy(() -> ConfigFile.parse(MINIMAL + "listen:\n  prot: 1\n", Map.of()))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("listen.prot");
    assertThatThrownBy(() -> ConfigFile.parse(MINIMAL + "tenat: {}\nfoo: bar\n", Map.of()))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("unknown configuration key: foo");
  }

  @Test
  void aMissingKeyAndAWrongValueAreNamed() {
    assertThatThrownBy(() -> ConfigFile.parse("data: /x\n", Map.of()))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("public-url");
    assertThatThrownBy(() -> ConfigFile.parse(MINIMAL + "listen: {port: many}\n", Map.of()))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("listen.port");
    assertThatThrownBy(() -> ConfigFile.parse("a: [", Map.of()))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("not YAML");
  }
}

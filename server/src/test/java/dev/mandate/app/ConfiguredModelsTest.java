package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Resilience;
import dev.mandate.domain.upstream.Upstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the configuration may say of an upstream and its models.
class ConfiguredModelsTest {
  @TempDir private Path folder;
  private Path key;

  @BeforeEach
  void writeKey() throws IOException {
    key = Files.writeString(folder.resolve("key"), "canary");
  }

  private Upstream upstream(String settings) {
    ServerConfig config =
        ConfigFile.parse(
            """
            public-url: https://mandate.example.com
            data: /var/lib/mandate
            upstreams:
              there:
                credential-file: %s
            """
                    .formatted(key)
                + settings.indent(4),
            Map.of());
    return ConfiguredSeed.all(config, Map.of(), Instant.EPOCH)
        .getFirst()
        .upstreams()
        .getFirst()
        .upstream();
  }

  @Test
  void howFailuresAreDealtWithIsReadAndAnUnknownCauseRefusesToStart() {
    String settings =
        """
        provider: openai
        resilience:
          first-byte-timeout: PT20S
          circuit-open: PT5S
          fallbacks:
            - upstream: elsewhere
              models: {gpt-5.4: our-gpt}
              causes: [%s]
        """;
    Resilience resilience = upstream(settings.formatted("rate_limited")).resilience();
    assertThat(resilience.timeouts().firstByte()).isEqualTo(Duration.ofSeconds(20));
    assertThat(resilience.breaker().open()).isEqualTo(Duration.ofSeconds(5));
    assertThat(resilience.attemptsMax()).isEqualTo(2);
    assertThat(resilience.fallbacks())
        .containsExactly(
            new Resilience.Fallback(
                "elsewhere", Map.of("gpt-5.4", "our-gpt"), Set.of(Resilience.Cause.RATE_LIMITED)));
    assertThatThrownBy(() -> upstream(settings.formatted("bored")))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("'bored'");
  }

  @ParameterizedTest
  @CsvSource({
    "azure-openai,AZURE_OPENAI",
    "azure_openai,AZURE_OPENAI",
    "openai-compatible,OPENAI_COMPATIBLE",
    "gemini,GEMINI",
    "mistral,MISTRAL"
  })
  void aProviderMayBeSpelledWithHyphensToo(String name, Provider provider) {
    Upstream upstream =
        upstream(
            """
            provider: %s
            base-url: https://llm.example/v1
            price-version: ours-1
            catalogue:
              "x:1": {capabilities: [chat], context-tokens: 1000, output-tokens-max: 100, price: {input: 1, output: 2}}
            """
                .formatted(name));
    assertThat(upstream.provider()).isEqualTo(provider);
    assertThat(upstream.priceVersion()).isEqualTo("ours-1");
    Model model = upstream.models().getFirst();
    assertThat(model.name()).isEqualTo("x:1");
    assertThat(model.capabilities()).containsExactly(Capability.CHAT);
    assertThat(model.price()).isEqualTo(new Price(1, 1, 1, 1, 2));
  }

  @Test
  void aDeploymentHasTheLimitsAndPricesOfItsModel() {
    Upstream upstream =
        upstream(
            """
            provider: azure-openai
            base-url: https://acme.openai.azure.com
            models: [gpt-5-mini]
            catalogue:
              our.gpt: {like: gpt-5.4}
            """);
    assertThat(upstream.models().stream().map(Model::name))
        .containsExactly("gpt-5-mini", "our.gpt");
    Price.LongContext longer = upstream.models().getLast().price().longContext();
    assertThat(longer).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "provider: azure-openai|upstreams.there.base-url is missing",
        "provider: ollama\\nbase-url: http://10.0.0.1:11434|catalogue is missing",
        "provider: openai\\n"
            + "catalogue: {x: {like: nothing}}|catalogue.x.like: 'nothing' has no price",
        "provider: openai\\n"
            + "catalogue: {x: {context-tokens: 1}}|catalogue.x.capabilities is missing",
        "provider: openai\\n"
            + "catalogue: {x: {capabilities: [chat], context-tokens: 1}}|output-tokens-max is"
            + " missing",
        "provider: openai\\n"
            + "catalogue: {x: {like: gpt-5, price: {input: 1, output: 1}}}|price-version is"
            + " missing",
        "provider: openai\\n"
            + "catalogue: {x: {capabilities: [embeddings], context-tokens: 1}}|catalogue.x.price is"
            + " missing"
      })
  void whatIsMissingIsNamed(String settings, String message) {
    assertThatThrownBy(() -> upstream(settings.replace("\\n", "\n") + "\n"))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining(message);
  }
}

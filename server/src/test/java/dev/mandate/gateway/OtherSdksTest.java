package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.errors.ClientException;
import com.google.genai.types.Content;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GoogleSearch;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.Part;
import com.google.genai.types.Schema;
import com.google.genai.types.Tool;
import com.openai.azure.AzureOpenAIServiceVersion;
import com.openai.azure.AzureUrlPathMode;
import com.openai.azure.credential.AzureApiKeyCredential;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.simulator.SimulatedModel;
import dev.mandate.simulator.SimulatedModel.Vendor;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Google's Java SDK, and OpenAI's with Azure's credentials and at servers that are not OpenAI's,
/// with nothing changed but base URL and key.
class OtherSdksTest {
  private static final String MANDATE = "sdks";

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static SimulatedProvider simulator;
  private static RunningGateway at;
  private static String key;
  private static Client google;
  private static final Map<Provider, OpenAIClient> OPENAI = new EnumMap<>(Provider.class);

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    Secret secret = Secret.of(OtherProviders.KEY);
    simulator =
        SimulatedProvider.start(
            vertx,
            new SimulatorConfig(
                "127.0.0.1",
                0,
                secret,
                secret,
                List.of(
                    new SimulatorConfig.Account("gemini", Vendor.GEMINI, secret),
                    new SimulatorConfig.Account("mistral", Vendor.MISTRAL, secret)),
                SimulatedModel.DEFAULTS,
                SimulatorConfig.DEFAULT_MAX_BODY_BYTES,
                InstantSource.system()));
    at = new RunningGateway(folder, URI.create(simulator.baseUrl()));
    Upstream gemini = add(Provider.GEMINI, "", Vendor.GEMINI);
    Upstream azure = add(Provider.AZURE_OPENAI, "", Vendor.OPENAI);
    Upstream mistral = add(Provider.MISTRAL, "/mistral", Vendor.MISTRAL);
    Upstream ollama = add(Provider.OLLAMA, "", Vendor.OPENAI);
    Upstream compatible = add(Provider.OPENAI_COMPATIBLE, "/v1", Vendor.OPENAI);
    Set<Capability> all = Set.of(Capability.CHAT, Capability.EMBEDDINGS);
    key =
        at.key(
            at.mandate(
                MANDATE,
                at.access(gemini.name(), all, Limits.NONE),
                at.access(azure.name(), all, Limits.NONE),
                at.access(mistral.name(), all, Limits.NONE),
                at.access(ollama.name(), all, Limits.NONE),
                at.access(compatible.name(), all, Limits.NONE)));
    google =
        Client.builder()
            .apiKey(key)
            .httpOptions(HttpOptions.builder().baseUrl(at.url("/gemini")).build())
            .build();
    for (Upstream upstream : List.of(mistral, ollama, compatible)) {
      OPENAI.put(
          upstream.provider(),
          OpenAIOkHttpClient.builder()
              .apiKey(key)
              .baseUrl(at.url("/" + upstream.name() + "/v1"))
              .maxRetries(0)
              .build());
    }
    OPENAI.put(
        Provider.AZURE_OPENAI,
        OpenAIOkHttpClient.builder()
            .credential(AzureApiKeyCredential.create(key))
            .azureServiceVersion(AzureOpenAIServiceVersion.fromString("2024-10-21"))
            .azureUrlPathMode(AzureUrlPathMode.LEGACY)
            .baseUrl(at.url("/azure_openai"))
            .maxRetries(0)
            .build());
  }

  private static Upstream add(Provider provider, String path, Vendor vendor) {
    return OtherProviders.add(
        at,
        provider,
        URI.create(simulator.baseUrl() + path),
        SimulatedModel.DEFAULTS.stream()
            .filter(model -> model.vendor() == vendor)
            .map(OtherSdksTest::model)
            .toList());
  }

  private static dev.mandate.domain.upstream.Model model(SimulatedModel model) {
    return new dev.mandate.domain.upstream.Model(
        model.id(),
        model.displayName(),
        Set.of(model.task() == SimulatedModel.Task.CHAT ? Capability.CHAT : Capability.EMBEDDINGS),
        model.contextTokens(),
        model.maxOutputTokens(),
        8_000,
        new Price(
            model.price().input() * 1000,
            model.price().cacheRead() * 1000,
            model.price().cacheWrite() * 1000,
            model.price().cacheWriteLong() * 1000,
            model.price().output() * 1000),
        Instant.parse("2026-01-01T00:00:00Z"));
  }

  @AfterAll
  static void stop() {
    OPENAI.values().forEach(OpenAIClient::close);
    google.close();
    at.close();
    simulator.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /// The ledger lists by time.
  @BeforeEach
  void later() {
    at.clock.advance(Duration.ofSeconds(1));
  }

  private static LedgerEntry latest(int calls) {
    RunningGateway.await(() -> at.ledger(MANDATE).size() >= calls);
    return at.ledger(MANDATE).getFirst();
  }

  private static OpenAIClient client(Provider provider) {
    return Objects.requireNonNull(OPENAI.get(provider));
  }

  private static String chatModel(Provider provider) {
    return provider == Provider.MISTRAL ? "mistral-small-latest" : "gpt-5-mini";
  }

  @ParameterizedTest
  @EnumSource(names = {"AZURE_OPENAI", "MISTRAL", "OLLAMA", "OPENAI_COMPATIBLE"})
  void openAisSdkChatsWholeAndStreamedAndIsMeteredExactly(Provider provider) {
    OpenAIClient client = client(provider);
    ChatCompletionCreateParams params =
        ChatCompletionCreateParams.builder()
            .model(chatModel(provider))
            .addUserMessage("Say hello")
            .build();
    int before = at.ledger(MANDATE).size();
    ChatCompletion whole = client.chat().completions().create(params);
    LedgerEntry charged = latest(before + 1);
    assertThat(charged.usage().output()).isEqualTo(whole.usage().orElseThrow().completionTokens());
    at.clock.advance(Duration.ofSeconds(1));
    StringBuilder text = new StringBuilder();
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .forEach(choice -> choice.delta().content().ifPresent(text::append));
    }
    assertThat(text.toString())
        .isEqualTo(whole.choices().getFirst().message().content().orElseThrow());
    LedgerEntry streamed = latest(before + 2);
    assertThat(streamed.estimated()).isFalse();
    assertThat(streamed.usage()).isEqualTo(charged.usage());
  }

  @ParameterizedTest
  @EnumSource(names = {"AZURE_OPENAI", "MISTRAL", "OPENAI_COMPATIBLE"})
  void openAisSdkEmbeds(Provider provider) {
    String model = provider == Provider.MISTRAL ? "mistral-embed" : "text-embedding-3-small";
    assertThat(
            client(provider)
                .embeddings()
                .create(EmbeddingCreateParams.builder().model(model).input("Hi").build())
                .data())
        .hasSize(1);
  }

  @Test
  void openAisSdkListsTheModelsOfACompatibleServer() {
    assertThat(client(Provider.OPENAI_COMPATIBLE).models().list().data().stream().map(Model::id))
        .contains("gpt-5-mini");
  }

  @Test
  void googlesSdkGeneratesWholeAndStreamedAndItsThoughtsAreCharged() {
    String question = "[[sim thoughts=40]] Say hello";
    int before = at.ledger(MANDATE).size();
    GenerateContentResponse whole =
        google.models.generateContent("gemini-2.5-flash", question, null);
    LedgerEntry charged = latest(before + 1);
    var usage = whole.usageMetadata().orElseThrow();
    assertThat(charged.usage().output())
        .isEqualTo(usage.candidatesTokenCount().orElseThrow() + 40L);
    assertThat(charged.usage().allInput())
        .isEqualTo(usage.promptTokenCount().orElseThrow().longValue());
    at.clock.advance(Duration.ofSeconds(1));
    StringBuilder text = new StringBuilder();
    try (var stream = google.models.generateContentStream("gemini-2.5-flash", question, null)) {
      stream.forEach(response -> text.append(response.text()));
    }
    assertThat(text.toString()).isEqualTo(whole.text());
    LedgerEntry streamed = latest(before + 2);
    assertThat(streamed.usage()).isEqualTo(charged.usage());
    assertThat(streamed.estimated()).isFalse();
  }

  @Test
  void googlesSdkConfiguresCallsFunctionsAndShowsImages() {
    GenerateContentConfig config =
        GenerateContentConfig.builder()
            .maxOutputTokens(200)
            .temperature(0.1f)
            .systemInstruction(Content.fromParts(Part.fromText("Be brief.")))
            .tools(
                Tool.builder()
                    .functionDeclarations(
                        FunctionDeclaration.builder()
                            .name("weather")
                            .parameters(Schema.builder().type("OBJECT").build())
                            .build())
                    .build())
            .build();
    GenerateContentResponse called =
        google.models.generateContent("gemini-2.5-flash", "use the tool", config);
    assertThat(called.functionCalls()).hasSize(1);
    Content image =
        Content.fromParts(
            Part.fromText("What is this?"), Part.fromBytes(new byte[] {1, 2, 3}, "image/png"));
    assertThat(google.models.generateContent("gemini-2.5-flash", image, null).text()).isNotBlank();
  }

  @Test
  void googlesSdkCountsAndEmbeds() {
    assertThat(google.models.countTokens("gemini-2.5-flash", "Hello", null).totalTokens().orElse(0))
        .isPositive();
    assertThat(
            google
                .models
                .embedContent("gemini-embedding-001", List.of("Hello", "there"), null)
                .embeddings()
                .orElseThrow())
        .hasSize(2);
  }

  @Test
  void googlesSdkReadsOurRefusalsAsItsOwn() {
    GenerateContentConfig search =
        GenerateContentConfig.builder()
            .tools(Tool.builder().googleSearch(GoogleSearch.builder().build()).build())
            .build();
    assertThatThrownBy(() -> google.models.generateContent("gemini-2.5-flash", "Say hello", search))
        .isInstanceOf(ClientException.class)
        .hasMessageContaining("googleSearch");
  }
}

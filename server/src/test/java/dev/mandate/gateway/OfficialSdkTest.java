package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Base64ImageSource;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.ImageBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.TextBlockParam;
import com.anthropic.models.messages.Tool;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.PermissionDeniedException;
import com.openai.errors.RateLimitException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.simulator.SimulatedModel;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The official Java SDKs, with nothing changed but base URL and key.
class OfficialSdkTest {
  private static final String PNG =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
          + "rkJggg==";

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static SimulatedProvider simulator;
  private static RunningGateway at;
  private static String key;
  private static OpenAIClient openAi;
  private static AnthropicClient anthropic;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    simulator =
        SimulatedProvider.start(
            vertx,
            SimulatorConfig.loopback(
                0, Secret.of(RunningGateway.OPENAI_KEY), Secret.of(RunningGateway.ANTHROPIC_KEY)));
    at =
        new RunningGateway(
            folder,
            upstream("openai", Provider.OPENAI),
            upstream("anthropic", Provider.ANTHROPIC),
            GatewayConfig.DEFAULT);
    key = at.caller("sdk", Limits.NONE);
    openAi =
        OpenAIOkHttpClient.builder()
            .apiKey(key)
            .baseUrl(at.url("/openai/v1"))
            .responseValidation(true)
            .maxRetries(0)
            .build();
    anthropic =
        AnthropicOkHttpClient.builder()
            .apiKey(key)
            .baseUrl(at.url("/anthropic"))
            .responseValidation(true)
            .maxRetries(0)
            .build();
  }

  private static Upstream upstream(String name, Provider provider) {
    return new Upstream(
        RunningGateway.TENANT,
        name,
        name,
        provider,
        URI.create(simulator.baseUrl()),
        provider == Provider.OPENAI,
        "sim",
        simulator.models().stream()
            .filter(model -> model.vendor().name().equals(provider.name()))
            .map(OfficialSdkTest::model)
            .toList());
  }

  private static dev.mandate.domain.upstream.Model model(SimulatedModel model) {
    return new dev.mandate.domain.upstream.Model(
        model.id(),
        model.displayName(),
        Set.of(model.task() == SimulatedModel.Task.CHAT ? Capability.CHAT : Capability.EMBEDDINGS),
        model.contextTokens(),
        model.maxOutputTokens(),
        5_000,
        new Price(
            model.price().input() * 1000,
            model.price().cacheRead() * 1000,
            model.price().cacheWrite() * 1000,
            model.price().cacheWriteLong() * 1000,
            model.price().output() * 1000),
        java.time.Instant.parse("2025-08-07T00:00:00Z"));
  }

  @AfterAll
  static void stop() {
    openAi.close();
    anthropic.close();
    at.close();
    simulator.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /// The ledger lists by time.
  @BeforeEach
  void later() {
    at.clock.advance(Duration.ofSeconds(1));
  }

  private static ChatCompletionCreateParams.Builder chat(String text) {
    return ChatCompletionCreateParams.builder().model("gpt-5-mini").addUserMessage(text);
  }

  @Test
  void openAiChatWholeStreamedAndMetered() {
    ChatCompletion whole = openAi.chat().completions().create(chat("Say hello").build());
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (var stream = openAi.chat().completions().createStreaming(chat("Say hello").build())) {
      stream.stream()
          .peek(chunk -> assertThat(chunk.usage()).isEmpty())
          .forEach(accumulator::accumulate);
    }
    assertThat(accumulator.chatCompletion().choices().getFirst().message().content())
        .isEqualTo(whole.choices().getFirst().message().content());
    long output = whole.usage().orElseThrow().completionTokens();
    assertThat(at.ledger("sdk").getFirst().usage().output()).isEqualTo(output);
    assertThat(at.ledger("sdk").getFirst().estimated()).isFalse();
    assertThat(at.ledger("sdk").get(1).usage().output()).isEqualTo(output);
  }

  @Test
  void openAiToolsAndImages() {
    FunctionDefinition weather =
        FunctionDefinition.builder()
            .name("weather")
            .parameters(
                FunctionParameters.builder()
                    .putAdditionalProperty("type", JsonValue.from("object"))
                    .putAdditionalProperty("properties", JsonValue.from(Map.of()))
                    .build())
            .build();
    assertThat(
            openAi
                .chat()
                .completions()
                .create(chat("What is the weather?").addFunctionTool(weather).build())
                .choices())
        .isNotEmpty();
    ChatCompletionContentPart image =
        ChatCompletionContentPart.ofImageUrl(
            ChatCompletionContentPartImage.builder()
                .imageUrl(
                    ChatCompletionContentPartImage.ImageUrl.builder()
                        .url("data:image/png;base64," + PNG)
                        .build())
                .build());
    ChatCompletionContentPart text =
        ChatCompletionContentPart.ofText(
            ChatCompletionContentPartText.builder().text("What is this?").build());
    assertThat(
            openAi
                .chat()
                .completions()
                .create(
                    ChatCompletionCreateParams.builder()
                        .model("gpt-5-mini")
                        .addUserMessageOfArrayOfContentParts(List.of(text, image))
                        .build())
                .choices())
        .isNotEmpty();
  }

  @Test
  void openAiResponsesWholeAndStreamed() {
    ResponseCreateParams params =
        ResponseCreateParams.builder().model("gpt-5").input("Say hello").build();
    Response whole = openAi.responses().create(params);
    ResponseAccumulator accumulator = ResponseAccumulator.create();
    try (var stream = openAi.responses().createStreaming(params)) {
      stream.stream().forEach(accumulator::accumulate);
    }
    assertThat(accumulator.response().output().getFirst().asMessage().content())
        .isEqualTo(whole.output().getFirst().asMessage().content());
    assertThat(at.ledger("sdk").getFirst().usage().output())
        .isEqualTo(whole.usage().orElseThrow().outputTokens());
  }

  @Test
  void openAiEmbeddingsAndModels() {
    assertThat(
            openAi
                .embeddings()
                .create(
                    EmbeddingCreateParams.builder()
                        .model("text-embedding-3-small")
                        .input("Say hello")
                        .build())
                .data())
        .hasSize(1);
    assertThat(openAi.models().list().data().stream().map(Model::id))
        .contains("gpt-5", "gpt-5-mini", "text-embedding-3-small", "gpt-image-2", "tts-1")
        .isSorted();
    assertThat(openAi.models().retrieve("gpt-5").id()).isEqualTo("gpt-5");
    assertThatThrownBy(() -> openAi.models().retrieve("gpt-9"))
        .isInstanceOf(PermissionDeniedException.class);
  }

  @Test
  void openAiErrorsHaveTheirTypes() {
    assertThatThrownBy(() -> openAi.chat().completions().create(chat("[[sim status=400]]").build()))
        .isInstanceOf(BadRequestException.class);
    assertThatThrownBy(() -> openAi.chat().completions().create(chat("[[sim status=429]]").build()))
        .isInstanceOf(RateLimitException.class);
    assertThatThrownBy(() -> openAi.chat().completions().create(chat("Hi").store(true).build()))
        .isInstanceOf(PermissionDeniedException.class)
        .hasMessageContaining("store");
  }

  private static MessageCreateParams.Builder messages(String text) {
    return MessageCreateParams.builder()
        .model("claude-haiku-4-5")
        .maxTokens(1000)
        .addUserMessage(text);
  }

  @Test
  void anthropicMessagesWholeStreamedAndMetered() {
    Message whole = anthropic.messages().create(messages("Say hello").build());
    MessageAccumulator accumulator = MessageAccumulator.create();
    try (var stream = anthropic.messages().createStreaming(messages("Say hello").build())) {
      stream.stream().forEach(accumulator::accumulate);
    }
    assertThat(accumulator.message().content().getFirst().asText().text())
        .isEqualTo(whole.content().getFirst().asText().text());
    assertThat(at.ledger("sdk").getFirst().usage().output())
        .isEqualTo(whole.usage().outputTokens());
    assertThat(at.ledger("sdk").getFirst().usage().allInput())
        .isEqualTo(whole.usage().inputTokens());
  }

  @Test
  void anthropicToolsImagesCountingAndModels() {
    Tool weather =
        Tool.builder()
            .name("weather")
            .inputSchema(
                Tool.InputSchema.builder()
                    .properties(Tool.InputSchema.Properties.builder().build())
                    .build())
            .build();
    assertThat(
            anthropic
                .messages()
                .create(messages("What is the weather?").addTool(weather).build())
                .content())
        .isNotEmpty();
    ContentBlockParam image =
        ContentBlockParam.ofImage(
            ImageBlockParam.builder()
                .source(
                    Base64ImageSource.builder()
                        .data(PNG)
                        .mediaType(Base64ImageSource.MediaType.IMAGE_PNG)
                        .build())
                .build());
    ContentBlockParam text =
        ContentBlockParam.ofText(TextBlockParam.builder().text("What is this?").build());
    assertThat(
            anthropic
                .messages()
                .create(
                    MessageCreateParams.builder()
                        .model("claude-haiku-4-5")
                        .maxTokens(100)
                        .addUserMessageOfContentBlockParams(List.of(text, image))
                        .build())
                .content())
        .isNotEmpty();
    assertThat(
            anthropic
                .messages()
                .countTokens(
                    MessageCountTokensParams.builder()
                        .model("claude-haiku-4-5")
                        .addUserMessage("Hi")
                        .build())
                .inputTokens())
        .isPositive();
    assertThat(anthropic.models().list().data()).hasSize(2);
    assertThat(anthropic.models().retrieve("claude-haiku-4-5").displayName())
        .isEqualTo("Claude Haiku 4.5");
    assertThatThrownBy(() -> anthropic.messages().create(messages("[[sim status=529]]").build()))
        .isInstanceOf(com.anthropic.errors.AnthropicServiceException.class);
  }

  @Test
  void answersAreTheVeryBytesOfTheProvider() {
    String body =
        "{\"model\":\"gpt-5-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"[[sim tokens=300"
            + " echo]]\"}],\"store\":false,\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    HttpResponse<String> direct =
        at.send(
            HttpRequest.newBuilder(URI.create(simulator.baseUrl() + "/v1/chat/completions"))
                .header("authorization", "Bearer " + RunningGateway.OPENAI_KEY)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    HttpResponse<String> through = at.send(at.post(key, "/openai/v1/chat/completions", body));
    assertThat(withoutIds(through.body())).isEqualTo(withoutIds(direct.body()));
  }

  /// The simulator stamps each answer with an id and a time of its own.
  private static String withoutIds(String body) {
    return body.replaceAll(
        "\"(id|created|obfuscation|system_fingerprint)\":(\"[^\"]*\"|[0-9]+)", "\"$1\":0");
  }
}

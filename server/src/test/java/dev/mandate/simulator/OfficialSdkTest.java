package dev.mandate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The official Java SDKs, with their own validation of every answer.
class OfficialSdkTest {
  private static RunningSimulator sim;
  private static OpenAIClient openAi;
  private static AnthropicClient anthropic;

  @BeforeAll
  static void start() {
    sim = new RunningSimulator();
    openAi = openAi(RunningSimulator.OPENAI_KEY);
    anthropic =
        AnthropicOkHttpClient.builder()
            .apiKey(RunningSimulator.ANTHROPIC_KEY)
            .baseUrl(sim.provider.baseUrl())
            .responseValidation(true)
            .maxRetries(0)
            .build();
  }

  private static OpenAIClient openAi(String key) {
    return OpenAIOkHttpClient.builder()
        .apiKey(key)
        .baseUrl(sim.provider.baseUrl() + "/v1")
        .responseValidation(true)
        .maxRetries(0)
        .build();
  }

  @AfterAll
  static void stop() {
    openAi.close();
    anthropic.close();
    sim.close();
  }

  @Test
  void openAiChatWholeAndStreamed() {
    ChatCompletionCreateParams params =
        ChatCompletionCreateParams.builder()
            .model("gpt-5-mini")
            .addUserMessage("Say hello")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    ChatCompletion whole =
        openAi
            .chat()
            .completions()
            .create(params.toBuilder().streamOptions(Optional.empty()).build());
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (var stream = openAi.chat().completions().createStreaming(params)) {
      stream.stream().forEach(accumulator::accumulate);
    }
    ChatCompletion streamed = accumulator.chatCompletion();
    assertThat(streamed.choices().getFirst().message().content())
        .isEqualTo(whole.choices().getFirst().message().content());
    assertThat(streamed.usage().orElseThrow().completionTokens())
        .isEqualTo(whole.usage().orElseThrow().completionTokens());
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
    assertThat(accumulator.response().usage()).isEqualTo(whole.usage()).isPresent();
    assertThat(accumulator.response().output().getFirst().asMessage().content())
        .isEqualTo(whole.output().getFirst().asMessage().content());
  }

  @Test
  void openAiEmbeddingsAndModels() {
    var embedding =
        openAi
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .model("text-embedding-3-small")
                    .input("Say hello")
                    .build());
    assertThat(embedding.data().getFirst().embedding()).hasSize(1_536);
    assertThat(openAi.models().list().data()).hasSize(8);
    assertThat(openAi.models().retrieve("gpt-5").id()).isEqualTo("gpt-5");
  }

  @Test
  void openAiErrorsHaveTheirTypes() {
    OpenAIClient stranger = openAi("sk-proj-not-this-one");
    assertThatThrownBy(() -> stranger.models().list()).isInstanceOf(UnauthorizedException.class);
    stranger.close();
    assertThatThrownBy(() -> openAi.models().retrieve("gpt-2"))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void anthropicMessagesWholeStreamedAndCounted() {
    MessageCreateParams params =
        MessageCreateParams.builder()
            .model("claude-sonnet-4-5")
            .maxTokens(500)
            .addUserMessage("Say hello")
            .build();
    Message whole = anthropic.messages().create(params);
    MessageAccumulator accumulator = MessageAccumulator.create();
    try (StreamResponse<RawMessageStreamEvent> stream =
        anthropic.messages().createStreaming(params)) {
      stream.stream().forEach(accumulator::accumulate);
    }
    assertThat(accumulator.message().content().getFirst().asText().text())
        .isEqualTo(whole.content().getFirst().asText().text());
    assertThat(accumulator.message().usage().outputTokens())
        .isEqualTo(whole.usage().outputTokens());
    assertThat(
            anthropic
                .messages()
                .countTokens(
                    MessageCountTokensParams.builder()
                        .model("claude-sonnet-4-5")
                        .addUserMessage("Say hello")
                        .build())
                .inputTokens())
        .isEqualTo(whole.usage().inputTokens());
    assertThat(anthropic.models().list().data()).hasSize(2);
    assertThatThrownBy(() -> anthropic.models().retrieve("claude-1"))
        .isInstanceOf(com.anthropic.errors.NotFoundException.class);
  }
}

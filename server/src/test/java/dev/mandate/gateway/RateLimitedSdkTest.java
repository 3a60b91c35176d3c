package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.ratelimit.Pass;
import dev.mandate.domain.ratelimit.RateCaller;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.RatePath;
import dev.mandate.domain.ratelimit.RateRules;
import dev.mandate.domain.ratelimit.Rates;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The official Java SDKs wait as a refusal tells them, and call again by themselves.
class RateLimitedSdkTest {
  private static final String CHAT =
      """
      {"id":"c","object":"chat.completion","created":1,"model":"gpt-test","choices":[{"index":0,
      "finish_reason":"stop","message":{"role":"assistant","content":"Hello"}}],
      "usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}
      """;

  private static final String MESSAGE =
      """
      {"id":"m","type":"message","role":"assistant","model":"claude-test","stop_reason":"end_turn",
      "stop_sequence":null,"content":[{"type":"text","text":"Hello"}],
      "usage":{"input_tokens":3,"output_tokens":1}}
      """;

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway at;
  private String key = "";

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (request, out) ->
            out.write(RawUpstream.json(200, request.line().contains("messages") ? MESSAGE : CHAT));
    at = new RunningGateway(folder, upstream.url());
    key = at.caller("sdk", Limits.NONE);
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
  }

  private void limit(long requestsPerMinute) {
    at.stores
        .rateLimits()
        .insert(
            new RateLimit(
                RunningGateway.TENANT,
                "rl",
                RateHolder.TENANT,
                null,
                null,
                new Rates(requestsPerMinute, null, null),
                false,
                at.clock.instant()));
  }

  private long refused() {
    return at.audit().stream().filter(event -> event.type().equals("call.refused")).count();
  }

  /// Takes all that there is, as other callers of the tenant would.
  private void exhaust() {
    RatePath path =
        new RateRules(RunningGateway.TENANT, at.stores.rateLimits().all(RunningGateway.TENANT))
            .path(new RateCaller(null, at.client.id(), new MandateId("other"), null));
    while (at.rateLimiter.take(path, null, 0, false) instanceof Pass pass) {
      pass.end(0);
    }
  }

  private OpenAIClient openAi() {
    return OpenAIOkHttpClient.builder().apiKey(key).baseUrl(at.url("/openai/v1")).build();
  }

  private static ChatCompletionCreateParams chat() {
    return ChatCompletionCreateParams.builder().model("gpt-test").addUserMessage("Hi").build();
  }

  @Test
  void openAisSdkGoesOnByItselfWhenItsTurnComes() {
    OpenAIClient sdk = openAi();
    sdk.chat().completions().create(chat());
    // One a second.
    limit(60);
    exhaust();
    assertThat(sdk.chat().completions().create(chat()).choices()).hasSize(1);
    sdk.close();
    RunningGateway.await(() -> refused() > 0);
    assertThat(upstream.requests).hasValue(2);
  }

  @Test
  void anthropicsSdkGoesOnByItselfWhenItsTurnComes() {
    AnthropicClient sdk =
        AnthropicOkHttpClient.builder().apiKey(key).baseUrl(at.url("/anthropic")).build();
    MessageCreateParams ask =
        MessageCreateParams.builder()
            .model("claude-test")
            .maxTokens(10)
            .addUserMessage("Hi")
            .build();
    sdk.messages().create(ask);
    limit(60);
    exhaust();
    assertThat(sdk.messages().create(ask).content()).hasSize(1);
    sdk.close();
    RunningGateway.await(() -> refused() > 0);
    assertThat(upstream.requests).hasValue(2);
  }

  @Test
  void anSdkDoesNotTryAgainWhereNothingIsAllowed() {
    limit(0);
    OpenAIClient sdk = openAi();
    assertThatThrownBy(() -> sdk.chat().completions().create(chat()))
        .isInstanceOf(RateLimitException.class);
    sdk.close();
    RunningGateway.await(() -> refused() > 0);
    assertThat(refused()).isEqualTo(1);
  }
}

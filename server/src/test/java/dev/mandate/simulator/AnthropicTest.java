package dev.mandate.simulator;

import static dev.mandate.simulator.RunningSimulator.events;
import static dev.mandate.simulator.RunningSimulator.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AnthropicTest {
  private static final String TOOL =
      ",\"tools\":[{\"name\":\"weather\",\"input_schema\":{\"type\":\"object\",\"properties\":"
          + "{\"city\":{\"type\":\"string\"}}}}]";

  private static RunningSimulator sim;

  @BeforeAll
  static void start() {
    sim = new RunningSimulator();
  }

  @AfterAll
  static void stop() {
    sim.close();
  }

  @BeforeEach
  void reset() {
    sim.reset();
  }

  @Test
  void messagesAnswersTheSameWholeAndAsEventsAndCountsTheSame() {
    JsonNode whole = json(sim.messages("How are you today?", ",\"system\":\"Be kind\""));
    assertThat(whole.path("type").asText()).isEqualTo("message");
    assertThat(whole.path("stop_reason").asText()).isEqualTo("end_turn");
    String text = whole.at("/content/0/text").asText();
    assertThat(text).contains("4 words");
    assertThat(whole.at("/usage/input_tokens").asInt()).isEqualTo(5 + 2 + 2 * 4 + 3);
    assertThat(whole.at("/usage/output_tokens").asInt()).isEqualTo(Tokens.count(text));

    List<JsonNode> events =
        events(
            sim.messages("How are you today?", ",\"system\":\"Be kind\",\"stream\":true").body());
    assertThat(events.stream().map(e -> e.path("type").asText()).distinct())
        .containsExactly(
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
    assertThat(
            events.stream().map(e -> e.at("/delta/text").asText("")).collect(Collectors.joining()))
        .isEqualTo(text);
    assertThat(events.getFirst().at("/message/usage/input_tokens"))
        .isEqualTo(whole.at("/usage/input_tokens"));
    assertThat(events.get(events.size() - 2).at("/usage/output_tokens"))
        .isEqualTo(whole.at("/usage/output_tokens"));
    JsonNode tally = sim.tally("anthropic", "claude-haiku-4-5");
    assertThat(tally.path("prompt_tokens").asInt()).isEqualTo(2 * 18);
    assertThat(tally.path("completion_tokens").asInt()).isEqualTo(2 * Tokens.count(text));
    assertThat(tally.path("cost_nanos").asLong())
        .isEqualTo(2 * (18 * 1_000L + Tokens.count(text) * 5_000L));
  }

  @Test
  void outputLimitAndStopSequenceEndTheAnswer() {
    String body =
        "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":7,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]%s}";
    JsonNode cut = json(sim.postAnthropic("/v1/messages", body.formatted("")));
    assertThat(cut.path("stop_reason").asText()).isEqualTo("max_tokens");
    assertThat(cut.at("/usage/output_tokens").asInt()).isEqualTo(7);
    JsonNode stopped =
        json(sim.postAnthropic("/v1/messages", body.formatted(",\"stop_sequences\":[\"!\"]")));
    assertThat(stopped.path("stop_reason").asText()).isEqualTo("stop_sequence");
    assertThat(stopped.path("stop_sequence").asText()).isEqualTo("!");
    assertThat(stopped.at("/content/0/text").asText()).isEqualTo("Hello");
  }

  @Test
  void theToolIsCalledWhenAskedAndTextFollowsItsResult() {
    JsonNode whole = json(sim.messages("Use the tool", TOOL));
    assertThat(whole.path("stop_reason").asText()).isEqualTo("tool_use");
    assertThat(whole.at("/content/0/type").asText()).isEqualTo("tool_use");
    assertThat(whole.at("/content/0/input/city").asText()).isEqualTo("example");
    List<JsonNode> events = events(sim.messages("Use the tool", TOOL + ",\"stream\":true").body());
    assertThat(events.get(1).at("/content_block/name").asText()).isEqualTo("weather");
    assertThat(
            events.stream()
                .map(e -> e.at("/delta/partial_json").asText(""))
                .collect(Collectors.joining()))
        .isEqualTo("{\"city\":\"example\"}");
    assertThat(sim.tally("anthropic", "claude-haiku-4-5").path("completion_tokens").asInt())
        .isEqualTo(2 * whole.at("/usage/output_tokens").asInt());
    String history =
        "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":100,\"messages\":["
            + "{\"role\":\"user\",\"content\":\"use the tool\"},"
            + "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
            + "\"weather\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":"
            + "\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"use the tool\"}]}]"
            + TOOL
            + "}";
    assertThat(json(sim.postAnthropic("/v1/messages", history)).path("stop_reason").asText())
        .isEqualTo("end_turn");
  }

  @Test
  void aMarkedPrefixIsWrittenToTheCacheOnceAndReadLater() {
    String body =
        "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":100,\"system\":[{\"type\":\"text\","
            + "\"text\":\"%s\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    String system = "x".repeat(400);
    JsonNode first = json(sim.postAnthropic("/v1/messages", body.formatted(system, "One")));
    assertThat(first.at("/usage/cache_creation_input_tokens").asInt()).isEqualTo(3 + 4 + 100);
    assertThat(first.at("/usage/cache_read_input_tokens").asInt()).isZero();
    assertThat(first.at("/usage/input_tokens").asInt()).isEqualTo(4 + 1);
    JsonNode second = json(sim.postAnthropic("/v1/messages", body.formatted(system, "Two")));
    assertThat(second.at("/usage/cache_creation_input_tokens").asInt()).isZero();
    assertThat(second.at("/usage/cache_read_input_tokens").asInt()).isEqualTo(107);
    JsonNode tally = sim.tally("anthropic", "claude-sonnet-4-5");
    assertThat(tally.path("cache_write_tokens").asInt()).isEqualTo(107);
    assertThat(tally.path("cache_read_tokens").asInt()).isEqualTo(107);
    assertThat(tally.path("cost_nanos").asLong())
        .isEqualTo(
            10 * 3_000L
                + 107 * 3_750L
                + 107 * 300L
                + tally.path("completion_tokens").asLong() * 15_000L);
  }

  @Test
  void aPrefixKeptForAnHourCostsMore() {
    JsonNode answer =
        json(
            sim.postAnthropic(
                "/v1/messages",
                "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":1,\"messages\":[{\"role\":"
                    + "\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hour\","
                    + "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}]}"));
    assertThat(answer.at("/usage/cache_creation/ephemeral_1h_input_tokens").asInt()).isEqualTo(8);
    assertThat(sim.tally("anthropic", "claude-haiku-4-5").path("cost_nanos").asLong())
        .isEqualTo(8 * 2_000L + 5_000L);
  }

  @Test
  void countTokensSaysWhatTheMessageWouldCostAndIsFree() {
    JsonNode count =
        json(
            sim.postAnthropic(
                "/v1/messages/count_tokens",
                "{\"model\":\"claude-haiku-4-5\",\"messages\":[{\"role\":\"user\",\"content\":"
                    + "[{\"type\":\"text\",\"text\":\"Hello\"},{\"type\":\"image\",\"source\":"
                    + "{\"type\":\"url\",\"url\":\"https://nowhere.invalid/a.png\"}}]}]}"));
    assertThat(count.path("input_tokens").asInt()).isEqualTo(2 + 85 + 4 + 3);
    assertThat(sim.stats().at("/total/cost_nanos").asLong()).isZero();
  }

  @Test
  void modelsAreListedAndFound() {
    JsonNode list = json(sim.send(sim.anthropic("/v1/models")));
    assertThat(list.path("data").findValuesAsText("id"))
        .containsExactly("claude-sonnet-4-5", "claude-haiku-4-5");
    assertThat(list.path("has_more").asBoolean(true)).isFalse();
    assertThat(
            json(sim.send(sim.anthropic("/v1/models/claude-haiku-4-5")))
                .path("display_name")
                .asText())
        .isEqualTo("Claude Haiku 4.5");
  }

  @Test
  void keyAndVersionAreRequired() {
    String body = RunningSimulator.messagesBody("Hi", "");
    var wrong = sim.request("/v1/messages").header("x-api-key", "sk-ant-wrong");
    refused(sim.send(wrong.POST(BodyPublishers.ofString(body))), 401, "authentication_error");
    var wrongBearer = sim.request("/v1/messages").header("authorization", "Bearer sk-ant-wrong");
    refused(sim.send(wrongBearer.POST(BodyPublishers.ofString(body))), 401, "authentication_error");
    refused(
        sim.send(sim.request("/v1/messages").POST(BodyPublishers.ofString(body))),
        401,
        "authentication_error");
    var bearer =
        sim.request("/v1/messages")
            .header("authorization", "Bearer " + RunningSimulator.ANTHROPIC_KEY)
            .header("anthropic-version", "2026-10-21");
    assertThat(sim.send(bearer.POST(BodyPublishers.ofString(body))).statusCode()).isEqualTo(200);
    var unversioned =
        sim.request("/v1/messages").header("x-api-key", RunningSimulator.ANTHROPIC_KEY);
    refused(
        sim.send(unversioned.POST(BodyPublishers.ofString(body))), 400, "invalid_request_error");
  }

  @Test
  void samplingParametersAreRefusedByTheVersionWithoutThem() {
    String body = RunningSimulator.messagesBody("Hi", ",\"temperature\":1");
    assertThat(sim.postAnthropic("/v1/messages", body).statusCode()).isEqualTo(200);
    var latest =
        sim.request("/v1/messages")
            .header("x-api-key", RunningSimulator.ANTHROPIC_KEY)
            .header("anthropic-version", "2026-10-21");
    refused(sim.send(latest.POST(BodyPublishers.ofString(body))), 400, "invalid_request_error");
  }

  @Test
  void badRequestsAreRefusedInAnthropicsShape() {
    for (String body :
        List.of(
            "{",
            "{\"max_tokens\":1,\"messages\":[]}",
            "{\"model\":\"claude-haiku-4-5\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}",
            "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":1}",
            "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":1,\"messages\":[]}",
            RunningSimulator.messagesBody("Hi", "").replace("1000", "0"),
            RunningSimulator.messagesBody("Hi", "").replace("1000", "64001"),
            RunningSimulator.messagesBody("Hi", "").replace("\"user\"", "\"system\""))) {
      refused(sim.postAnthropic("/v1/messages", body), 400, "invalid_request_error");
    }
    String unknown = RunningSimulator.messagesBody("Hi", "").replace("haiku-4-5", "haiku-9");
    refused(sim.postAnthropic("/v1/messages", unknown), 404, "not_found_error");
    assertThat(sim.stats().at("/total/requests").asInt()).isZero();
  }

  private static void refused(HttpResponse<String> response, int status, String type) {
    assertThat(response.statusCode()).isEqualTo(status);
    JsonNode error = json(response);
    assertThat(error.path("type").asText()).isEqualTo("error");
    assertThat(error.at("/error/type").asText()).isEqualTo(type);
    assertThat(error.path("request_id").asText())
        .isEqualTo(response.headers().firstValue("request-id").orElseThrow());
  }

  @Test
  void answersCarryTheHeadersThatAGatewayMustHide() {
    assertThat(sim.messages("Hi", "").headers().map().keySet())
        .contains(
            "request-id",
            "anthropic-organization-id",
            "anthropic-ratelimit-requests-remaining",
            "set-cookie");
  }
}

package dev.mandate.simulator;

import static dev.mandate.simulator.RunningSimulator.events;
import static dev.mandate.simulator.RunningSimulator.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OpenAiTest {
  private static final String CHAT_TOOL =
      ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":"
          + "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}}]";
  private static final String RESPONSES_TOOL =
      ",\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":"
          + "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}]";

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
  void chatAnswersTheSameTextWholeAndStreamedAndCountsTheSame() {
    JsonNode whole = json(sim.chat("How many words are here?", ""));
    JsonNode afterWhole = sim.tally("openai", "gpt-5-mini");
    assertThat(whole.path("object").asText()).isEqualTo("chat.completion");
    String text = whole.at("/choices/0/message/content").asText();
    assertThat(text).contains("5 words");
    assertThat(whole.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(whole.at("/usage/prompt_tokens").asInt()).isEqualTo(6 + 4 + 3);
    assertThat(whole.at("/usage/completion_tokens").asInt()).isEqualTo(Tokens.count(text));
    assertThat(afterWhole.path("prompt_tokens")).isEqualTo(whole.at("/usage/prompt_tokens"));
    assertThat(afterWhole.path("completion_tokens").asInt()).isEqualTo(Tokens.count(text));
    assertThat(afterWhole.path("cost_nanos").asLong())
        .isEqualTo(13 * 250L + Tokens.count(text) * 2_000L);

    sim.reset();
    HttpResponse<String> stream =
        sim.chat(
            "How many words are here?",
            ",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
    assertThat(stream.headers().firstValue("content-type"))
        .hasValue("text/event-stream; charset=utf-8");
    assertThat(stream.body()).endsWith("data: [DONE]\n\n");
    List<JsonNode> chunks = events(stream.body());
    assertThat(chunks.getFirst().at("/choices/0/delta/role").asText()).isEqualTo("assistant");
    assertThat(content(chunks)).isEqualTo(text);
    assertThat(chunks.get(chunks.size() - 2).at("/choices/0/finish_reason").asText())
        .isEqualTo("stop");
    assertThat(chunks.getLast().path("choices")).isEmpty();
    assertThat(chunks.getLast().path("usage")).isEqualTo(whole.path("usage"));
    assertThat(chunks.subList(0, chunks.size() - 1))
        .allMatch(chunk -> chunk.has("usage") && chunk.path("usage").isNull());
    JsonNode tally = sim.tally("openai", "gpt-5-mini");
    assertThat(tally.path("completion_tokens")).isEqualTo(afterWhole.path("completion_tokens"));
    assertThat(tally.path("cost_nanos")).isEqualTo(afterWhole.path("cost_nanos"));
    assertThat(tally.path("streams_finished").asInt()).isEqualTo(1);
  }

  private static String content(List<JsonNode> chunks) {
    return chunks.stream()
        .map(chunk -> chunk.at("/choices/0/delta/content").asText(""))
        .collect(Collectors.joining());
  }

  @Test
  void streamsCarryUsageOnlyWhenAsked() {
    List<JsonNode> chunks = events(sim.chat("Hi", ",\"stream\":true").body());
    assertThat(chunks).noneMatch(chunk -> chunk.has("usage"));
    assertThat(chunks).allMatch(chunk -> chunk.path("choices").size() == 1);
  }

  @Test
  void eachOfSeveralChoicesIsAnsweredAndCharged() {
    JsonNode one = json(sim.chat("Hi", ""));
    JsonNode three = json(sim.chat("Hi", ",\"n\":3"));
    assertThat(three.path("choices")).hasSize(3);
    int expected = 3 * one.at("/usage/completion_tokens").asInt();
    assertThat(three.at("/usage/completion_tokens").asInt()).isEqualTo(expected);
    sim.reset();
    List<JsonNode> chunks =
        events(
            sim.chat("Hi", ",\"n\":3,\"stream\":true,\"stream_options\":{\"include_usage\":true}")
                .body());
    assertThat(chunks.getLast().at("/usage/completion_tokens").asInt()).isEqualTo(expected);
    assertThat(sim.tally("openai", "gpt-5-mini").path("completion_tokens").asInt())
        .isEqualTo(expected);
    assertThat(chunks.stream().map(c -> c.at("/choices/0/index").asInt(-1)).distinct())
        .contains(0, 1, 2);
  }

  @Test
  void anOutputLimitEndsTheAnswerAtExactlyThatManyTokens() {
    for (String member : List.of("max_tokens", "max_completion_tokens")) {
      JsonNode cut = json(sim.chat("Hi", ",\"" + member + "\":5"));
      assertThat(cut.at("/choices/0/finish_reason").asText()).isEqualTo("length");
      assertThat(cut.at("/usage/completion_tokens").asInt()).isEqualTo(5);
    }
    JsonNode response = json(sim.responses("Hi", ",\"max_output_tokens\":16"));
    assertThat(response.path("status").asText()).isEqualTo("incomplete");
    assertThat(response.at("/incomplete_details/reason").asText()).isEqualTo("max_output_tokens");
    assertThat(response.at("/usage/output_tokens").asInt()).isEqualTo(16);
    List<JsonNode> events =
        events(sim.responses("Hi", ",\"max_output_tokens\":16,\"stream\":true").body());
    assertThat(events.getLast().path("type").asText()).isEqualTo("response.incomplete");
  }

  @Test
  void chatCallsTheToolWhenAskedAndAnswersAfterItsResult() {
    JsonNode call = json(sim.chat("Please use the tool", CHAT_TOOL));
    assertThat(call.at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
    JsonNode function = call.at("/choices/0/message/tool_calls/0/function");
    assertThat(function.path("name").asText()).isEqualTo("weather");
    assertThat(function.path("arguments").asText()).isEqualTo("{\"city\":\"example\"}");

    List<JsonNode> chunks =
        events(sim.chat("Please use the tool", CHAT_TOOL + ",\"stream\":true").body());
    assertThat(chunks.getFirst().at("/choices/0/delta/tool_calls/0/function/name").asText())
        .isEqualTo("weather");
    assertThat(
            chunks.stream()
                .map(c -> c.at("/choices/0/delta/tool_calls/0/function/arguments").asText(""))
                .collect(Collectors.joining()))
        .isEqualTo("{\"city\":\"example\"}");
    JsonNode tally = sim.tally("openai", "gpt-5-mini");
    assertThat(tally.path("completion_tokens").asInt())
        .isEqualTo(2 * call.at("/usage/completion_tokens").asInt());

    String history =
        "{\"model\":\"gpt-5-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"use the tool\"},"
            + "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":"
            + "\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{}\"}}]},"
            + "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"sunny\"}]"
            + CHAT_TOOL
            + "}";
    JsonNode after = json(sim.postOpenAi("/v1/chat/completions", history));
    assertThat(after.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
  }

  @Test
  void imagesAreChargedAndNotFetched() {
    String part = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"%s\"}}";
    String body =
        "{\"model\":\"gpt-5\",\"messages\":[{\"role\":\"user\",\"content\":[%s,%s,%s]}]}"
            .formatted(
                "{\"type\":\"text\",\"text\":\"What?\"}",
                part.formatted("data:image/png;base64,AAAA"),
                part.formatted("https://nowhere.invalid/a.png"));
    JsonNode answer = json(sim.postOpenAi("/v1/chat/completions", body));
    assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(2 + 2 * 85 + 4 + 3);
  }

  @Test
  void jsonIsAnsweredWhereAsked() {
    String any = ",\"response_format\":{\"type\":\"json_object\"}";
    assertThat(json(json(sim.chat("Hi", any)).at("/choices/0/message/content").asText()).isObject())
        .isTrue();
    String schema =
        ",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"x\",\"schema\":{\"type\":"
            + "\"object\",\"properties\":{\"count\":{\"type\":\"integer\"}}}}}";
    JsonNode response = json(sim.responses("Hi [[sim tokens=50]]", schema));
    assertThat(json(response.at("/output/0/content/0/text").asText()).path("count").asInt())
        .isEqualTo(1);
    assertThat(response.at("/usage/output_tokens").asInt()).isEqualTo(50);
  }

  @Test
  void responsesAnswersTheSameWholeAndAsTypedEvents() {
    JsonNode whole = json(sim.responses("Tell me", ",\"instructions\":\"Be kind\""));
    assertThat(whole.path("status").asText()).isEqualTo("completed");
    String text = whole.at("/output/0/content/0/text").asText();
    List<JsonNode> events =
        events(sim.responses("Tell me", ",\"instructions\":\"Be kind\",\"stream\":true").body());
    List<String> types = events.stream().map(e -> e.path("type").asText()).distinct().toList();
    assertThat(types)
        .containsExactly(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed");
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).path("sequence_number").asInt()).isEqualTo(i);
    }
    assertThat(
            events.stream()
                .filter(e -> e.path("type").asText().equals("response.output_text.delta"))
                .map(e -> e.path("delta").asText())
                .collect(Collectors.joining()))
        .isEqualTo(text);
    assertThat(events.getLast().at("/response/usage")).isEqualTo(whole.path("usage"));
    JsonNode tally = sim.tally("openai", "gpt-5-mini");
    assertThat(tally.path("prompt_tokens").asInt())
        .isEqualTo(2 * whole.at("/usage/input_tokens").asInt());
    assertThat(tally.path("completion_tokens").asInt())
        .isEqualTo(2 * whole.at("/usage/output_tokens").asInt());
  }

  @Test
  void responsesCallsTheToolWhenAsked() {
    JsonNode whole = json(sim.responses("use the tool", RESPONSES_TOOL));
    assertThat(whole.at("/output/0/type").asText()).isEqualTo("function_call");
    assertThat(whole.at("/output/0/name").asText()).isEqualTo("weather");
    List<JsonNode> events =
        events(sim.responses("use the tool", RESPONSES_TOOL + ",\"stream\":true").body());
    assertThat(events.stream().map(e -> e.path("type").asText()).distinct())
        .contains(
            "response.function_call_arguments.delta", "response.function_call_arguments.done");
    assertThat(sim.tally("openai", "gpt-5-mini").path("completion_tokens").asInt())
        .isEqualTo(2 * whole.at("/usage/output_tokens").asInt());
    JsonNode after =
        json(
            sim.postOpenAi(
                "/v1/responses",
                "{\"model\":\"gpt-5\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":"
                    + "\"input_text\",\"text\":\"use the tool\"},{\"type\":\"input_image\","
                    + "\"image_url\":\"https://nowhere.invalid/a.png\"}]},"
                    + "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"weather\","
                    + "\"arguments\":\"{}\"},{\"type\":\"function_call_output\",\"call_id\":\"c\","
                    + "\"output\":\"sunny\"}]"
                    + RESPONSES_TOOL
                    + "}"));
    assertThat(after.at("/output/0/type").asText()).isEqualTo("message");
  }

  @Test
  void embeddingsAreTheSameVectorsAsFloatsAndAsBase64() {
    String body = "{\"model\":\"text-embedding-3-small\",\"input\":[\"one\",\"three\"]%s}";
    JsonNode floats = json(sim.postOpenAi("/v1/embeddings", body.formatted("")));
    JsonNode base64 =
        json(sim.postOpenAi("/v1/embeddings", body.formatted(",\"encoding_format\":\"base64\"")));
    assertThat(floats.path("data")).hasSize(2);
    assertThat(floats.at("/usage/prompt_tokens").asInt()).isEqualTo(1 + 2);
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64.at("/data/1/embedding").asText()))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.remaining()).isEqualTo(1_536 * Float.BYTES);
    for (JsonNode value : floats.at("/data/1/embedding")) {
      assertThat((float) value.asDouble()).isEqualTo(bytes.getFloat());
    }
    JsonNode tally = sim.tally("openai", "text-embedding-3-small");
    assertThat(tally.path("prompt_tokens").asInt()).isEqualTo(6);
    assertThat(tally.path("cost_micros").asInt()).isEqualTo(1);
    JsonNode small = json(sim.postOpenAi("/v1/embeddings", body.formatted(",\"dimensions\":8")));
    assertThat(small.at("/data/0/embedding")).hasSize(8);
  }

  @Test
  void modelsAreListedAndFound() {
    JsonNode list = json(sim.send(sim.openAi("/v1/models")));
    assertThat(list.path("data").findValuesAsText("id"))
        .contains("gpt-5-mini", "gpt-5", "text-embedding-3-small", "gpt-image-2", "tts-1")
        .doesNotHaveDuplicates();
    assertThat(json(sim.send(sim.openAi("/v1/models/gpt-5"))).path("object").asText())
        .isEqualTo("model");
    assertThat(sim.send(sim.openAi("/v1/models/gpt-2")).statusCode()).isEqualTo(404);
  }

  @Test
  void aWrongKeyIsRefusedWithAMessageThatQuotesItMasked() {
    HttpResponse<String> wrong =
        sim.send(
            sim.request("/v1/chat/completions")
                .header("authorization", "Bearer sk-proj-wrong-key-9876")
                .POST(BodyPublishers.ofString(RunningSimulator.chatBody("Hi", ""))));
    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(json(wrong).at("/error/code").asText()).isEqualTo("invalid_api_key");
    assertThat(json(wrong).at("/error/message").asText())
        .startsWith("Incorrect API key provided: sk-proj-**********9876.");
    assertThat(sim.send(sim.request("/v1/models")).statusCode()).isEqualTo(401);
    assertThat(sim.stats().at("/refused/401").asInt()).isEqualTo(2);
    assertThat(sim.stats().path("arrived").asInt()).isEqualTo(2);
    assertThat(sim.stats().path("keys")).isEmpty();
  }

  @Test
  void badRequestsAreRefusedInOpenAisShape() {
    refused("{\"messages\":[]}", 400, "missing_required_parameter");
    refused("{\"model\":\"gpt-5\"}", 400, "missing_required_parameter");
    refused("{\"model\":\"gpt-5\",\"messages\":[]}", 400, "empty_array");
    refused("{\"model\":\"gpt-2\",\"messages\":[]}", 404, "model_not_found");
    refused(RunningSimulator.chatBody("Hi", ",\"n\":0"), 400, "integer_below_min_value");
    refused(RunningSimulator.chatBody("Hi", ",\"n\":1.5"), 400, "invalid_type");
    refused(RunningSimulator.chatBody("Hi", ",\"n\":129"), 400, "integer_above_max_value");
    refused(RunningSimulator.chatBody("Hi", ",\"max_tokens\":0"), 400, "integer_below_min_value");
    refused("{\"model\":", 400, "");
    refused("{} x", 400, "");
    refused("[]", 400, "");
    refused(RunningSimulator.chatBody("[[sim status=200]]", ""), 400, "");
    refused(RunningSimulator.chatBody("[[sim dealy=5]]", ""), 400, "");
    assertThat(sim.responses("Hi", ",\"max_output_tokens\":15").statusCode()).isEqualTo(400);
    assertThat(sim.responses("Hi", ",\"previous_response_id\":\"resp_1\"").statusCode())
        .isEqualTo(400);
    assertThat(sim.send(sim.openAi("/v1/chat/completions")).statusCode()).isEqualTo(405);
    assertThat(sim.send(sim.openAi("/v1/batches")).statusCode()).isEqualTo(404);
    assertThat(sim.stats().at("/total/requests").asInt()).isZero();
  }

  private static void refused(String body, int status, String code) {
    HttpResponse<String> response = sim.postOpenAi("/v1/chat/completions", body);
    assertThat(response.statusCode()).as(body).isEqualTo(status);
    JsonNode error = json(response).path("error");
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.path("message").asText()).isNotEmpty();
    assertThat(error.path("code").asText("")).isEqualTo(code);
  }

  @Test
  void aBodyOverTheLimitIsRefusedAndOneAtTheLimitIsNot() {
    int empty = RunningSimulator.chatBody("", "").length();
    String fits = "a".repeat(RunningSimulator.MAX_BODY - empty);
    assertThat(sim.chat(fits, "").statusCode()).isEqualTo(200);
    assertThat(sim.chat(fits + "a", "").statusCode()).isEqualTo(413);
  }

  @Test
  void answersCarryTheHeadersThatAGatewayMustHide() {
    var headers = sim.chat("Hi", "").headers();
    assertThat(headers.map().keySet())
        .contains(
            "x-request-id",
            "openai-organization",
            "openai-processing-ms",
            "x-ratelimit-remaining-tokens",
            "set-cookie");
    assertThat(headers.allValues("set-cookie")).hasSize(2);
  }
}

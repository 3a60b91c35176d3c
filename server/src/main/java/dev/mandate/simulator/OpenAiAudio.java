package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.SimulatedModel.Task;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// `POST /v1/audio/speech`, `/v1/audio/transcriptions` and `/v1/audio/translations` (OpenAI, "Text
/// to speech", "Speech to text"). A sound takes a second for each thousand bytes; its text is the
/// same whatever it says. `tts-1` is charged by the character, `whisper-1` by the second, the
/// others by tokens.
final class OpenAiAudio {
  private static final int CHARACTERS_MAX = 4_096;
  private static final int BYTES_PER_SECOND = 1_000;
  private static final int TOKENS_PER_SECOND = 10;
  private static final int SPOKEN_TOKENS = 3;
  private static final String HEARD = "The simulated provider has heard what you said.";

  private OpenAiAudio() {}

  static ObjectNode error() {
    return new Refusal(500, null, null, null, Refusal.serverError())
        .body(SimulatedModel.Vendor.OPENAI, "");
  }

  static void speak(Exchange exchange) {
    JsonNode body = exchange.body();
    SimulatedModel model =
        exchange.model(
            OpenAiParameters.model(body), Task.SPEECH, "This model does not support speech.");
    String input = body.path("input").asText();
    if (input.isEmpty() || input.length() > CHARACTERS_MAX) {
      throw Refusal.invalid(
          "string_above_max_length", "input", "Invalid 'input': 1 to 4096 characters.");
    }
    exchange.obey(input, model.id());
    boolean byCharacter = model.id().startsWith("tts-");
    int in =
        byCharacter
            ? input.length()
            : Tokens.count(input) + Tokens.count(body.path("instructions").asText());
    int asked = exchange.directive().tokens();
    int out = byCharacter ? 0 : asked > 0 ? asked : SPOKEN_TOKENS * in;
    Tally tally = exchange.tally(model);
    if (body.path("stream_format").asText().equals("sse")) {
      ObjectNode usage =
          JsonNodeFactory.instance
              .objectNode()
              .put("input_tokens", in)
              .put("output_tokens", out)
              .put("total_tokens", in + out);
      exchange.afterDelay(
          0,
          () -> {
            tally.served(Charge.uncached(in));
            EventStream.play(
                exchange, new Script(exchange, "speech.audio", sound(input), out, usage), tally);
          });
      return;
    }
    exchange.answer(
        () -> {
          tally.served(Charge.uncached(in));
          tally.generated(out);
        },
        tally,
        "audio/mpeg",
        Buffer.buffer(sound(input)));
  }

  private static String sound(String input) {
    return "ID3 simulated speech of " + input.length() + " characters";
  }

  static void hear(Exchange exchange, int bytes) {
    JsonNode body = exchange.body();
    SimulatedModel model =
        exchange.model(
            OpenAiParameters.model(body), Task.TRANSCRIPTION, "This model can't transcribe.");
    if (bytes == 0) {
      throw Refusal.invalid("missing_required_parameter", "file", "Missing: 'file'.");
    }
    String prompt = body.path("prompt").asText();
    exchange.obey(prompt, model.id());
    boolean bySecond = model.id().startsWith("whisper");
    int seconds = Math.ceilDiv(bytes, BYTES_PER_SECOND);
    int text = Tokens.count(prompt);
    int audio = seconds * TOKENS_PER_SECOND;
    int asked = exchange.directive().tokens();
    int out = bySecond ? 0 : asked > 0 ? asked : Tokens.count(HEARD);
    ObjectNode usage = JsonNodeFactory.instance.objectNode();
    if (bySecond) {
      usage.put("type", "duration").put("seconds", seconds);
    } else {
      usage
          .put("type", "tokens")
          .put("input_tokens", text + audio)
          .put("output_tokens", out)
          .put("total_tokens", text + audio + out);
      usage.putObject("input_token_details").put("text_tokens", text).put("audio_tokens", audio);
    }
    int in = bySecond ? seconds : text + audio;
    Tally tally = exchange.tally(model);
    if (body.path("stream").asBoolean() && !bySecond) {
      exchange.afterDelay(
          0,
          () -> {
            tally.served(Charge.uncached(in));
            EventStream.play(
                exchange, new Script(exchange, "transcript.text", HEARD, out, usage), tally);
          });
      return;
    }
    Runnable bill =
        () -> {
          tally.served(Charge.uncached(in));
          tally.generated(out);
        };
    String format = body.path("response_format").asText("json");
    if (!format.endsWith("json")) {
      exchange.answer(bill, tally, "text/plain; charset=utf-8", Buffer.buffer(HEARD + "\n"));
      return;
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (format.equals("verbose_json")) {
      json.put("task", "transcribe").put("language", "english").put("duration", (double) seconds);
      json.putArray("segments");
    }
    json.put("text", HEARD);
    if (exchange.directive().usage()) {
      json.set("usage", usage);
    }
    exchange.answer(bill, tally, json);
  }

  /// One piece, and the end with the usage.
  private record Script(Exchange exchange, String kind, String said, int output, ObjectNode usage)
      implements EventStream.Script {
    private boolean speaks() {
      return kind.startsWith("speech");
    }

    private String event(ObjectNode json) {
      return "data: " + json + "\n\n";
    }

    @Override
    public String opening() {
      return "";
    }

    @Override
    public int openingTokens() {
      return 0;
    }

    @Override
    public int chunkCount() {
      return Math.max(1, exchange.directive().chunks());
    }

    @Override
    public String chunk(int index) {
      ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", kind + ".delta");
      return event(
          speaks()
              ? json.put(
                  "audio",
                  Base64.getEncoder().encodeToString(said.getBytes(StandardCharsets.UTF_8)))
              : json.put("delta", said));
    }

    @Override
    public int tokens(int index) {
      int chunks = chunkCount();
      return output * (index + 1) / chunks - output * index / chunks;
    }

    @Override
    public String closing() {
      ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", kind + ".done");
      if (!speaks()) {
        json.put("text", said);
      }
      if (exchange.directive().usage()) {
        json.set("usage", usage);
      }
      return event(json);
    }

    @Override
    public String failure() {
      return "event: error\ndata: " + error() + "\n\n";
    }
  }
}

package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.SimulatedModel.Task;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// `POST /v1/images/generations` and `/v1/images/edits` (OpenAI, "Image generation"): the same
/// smallest PNG for every prompt, charged as its quality and size have it.
final class OpenAiImages {
  /// As the guide's table has them for 1024x1024 and the other two sizes.
  private static final int LOW = 272;

  private static final int MEDIUM = 1_056;
  private static final int HIGH = 4_160;
  private static final int INPUT_IMAGE = 194;
  private static final int PREVIEW = 100;
  private static final int COUNT_MAX = 10;

  private static final String PIXEL =
      Base64.getEncoder()
          .encodeToString("\u0089PNG-simulated".getBytes(StandardCharsets.ISO_8859_1));

  /// What one call makes and costs.
  private record Job(int count, int previews, int text, int images, int each) {
    int output() {
      return count * (each + previews * PREVIEW);
    }

    ObjectNode usage(int output) {
      ObjectNode usage = JsonNodeFactory.instance.objectNode();
      usage
          .put("total_tokens", text + images + output)
          .put("input_tokens", text + images)
          .put("output_tokens", output);
      usage.putObject("output_tokens_details").put("image_tokens", output).put("text_tokens", 0);
      usage.putObject("input_tokens_details").put("text_tokens", text).put("image_tokens", images);
      return usage;
    }
  }

  private OpenAiImages() {}

  /// @param inputs images that came with the prompt
  static void handle(Exchange exchange, int inputs) {
    JsonNode body = exchange.body();
    SimulatedModel model =
        exchange.model(
            OpenAiParameters.model(body),
            Task.IMAGE,
            "Invalid value: the model does not support images.");
    String prompt = body.path("prompt").asText();
    exchange.obey(prompt, model.id());
    int asked = exchange.directive().tokens();
    Job job =
        new Job(
            OpenAiParameters.integer(body, "n", 1, COUNT_MAX, 1),
            OpenAiParameters.integer(body, "partial_images", 0, 3, 0),
            Tokens.count(prompt),
            inputs * INPUT_IMAGE,
            asked > 0 ? asked : each(body.path("quality").asText("auto")));
    Tally tally = exchange.tally(model);
    if (body.path("stream").asBoolean()) {
      exchange.afterDelay(
          0,
          () -> {
            prompted(tally, job);
            EventStream.play(exchange, new Script(exchange, job, inputs > 0), tally);
          });
      return;
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("created", exchange.createdSeconds());
    ArrayNode data = json.putArray("data");
    for (int i = 0; i < job.count(); i++) {
      data.addObject().put("b64_json", PIXEL);
    }
    if (exchange.directive().usage()) {
      json.set("usage", job.usage(job.output()));
    }
    exchange.answer(
        () -> {
          prompted(tally, job);
          tally.generated(job.output());
        },
        tally,
        json);
  }

  private static void prompted(Tally tally, Job job) {
    tally.served(Charge.uncached(job.text()));
    tally.seen(job.images());
  }

  private static int each(String quality) {
    return switch (quality) {
      case "low" -> LOW;
      case "medium" -> MEDIUM;
      case "high", "auto" -> HIGH;
      default ->
          throw Refusal.invalid(
              "invalid_value",
              "quality",
              "Invalid value: '"
                  + quality
                  + "'. Supported values are: 'low', 'medium', 'high', and 'auto'.");
    };
  }

  /// Previews of each image, then the image itself with its usage.
  private record Script(Exchange exchange, Job job, boolean edit) implements EventStream.Script {
    private String event(String kind, int preview) {
      String type = (edit ? "image_edit." : "image_generation.") + kind;
      ObjectNode json =
          JsonNodeFactory.instance
              .objectNode()
              .put("type", type)
              .put("b64_json", PIXEL)
              .put("created_at", exchange.createdSeconds())
              .put("size", "1024x1024")
              .put("quality", "high")
              .put("background", "opaque")
              .put("output_format", "png");
      if (preview >= 0) {
        json.put("partial_image_index", preview);
      } else if (exchange.directive().usage()) {
        json.set("usage", job.usage(job.output()));
      }
      return "event: " + type + "\ndata: " + json + "\n\n";
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
      return job.previews() + 1;
    }

    @Override
    public String chunk(int index) {
      return index < job.previews() ? event("partial_image", index) : event("completed", -1);
    }

    @Override
    public int tokens(int index) {
      return index < job.previews()
          ? PREVIEW * job.count()
          : job.output() - PREVIEW * job.count() * job.previews();
    }

    @Override
    public String closing() {
      return "";
    }

    @Override
    public String failure() {
      return "event: error\ndata: " + OpenAiAudio.error() + "\n\n";
    }
  }
}

package dev.mandate.gateway.prompting;

import dev.mandate.gateway.routing.Endpoint;
import java.util.HashMap;
import java.util.Map;

/// What OpenAI's endpoints for images and sound take, as its public API had them in November 2026:
/// members of a body, or fields of a form, where a name may have `[]` behind it. Left out on
/// purpose: what multiplies or changes what is made (`frame_count`, `frame_duration_ms`, `svg`,
/// `complexity`, `markup`).
final class MediaMembers {
  private static final Map<String, Meaning> IMAGES =
      Map.ofEntries(
          Map.entry("model", Meaning.MODEL),
          Map.entry("prompt", Meaning.DESCRIBED),
          Map.entry("n", Meaning.COUNT),
          Map.entry("partial_images", Meaning.PREVIEWS),
          Map.entry("stream", Meaning.STREAM),
          Map.entry("background", Meaning.PASS),
          Map.entry("moderation", Meaning.PASS),
          Map.entry("output_compression", Meaning.PASS),
          Map.entry("output_format", Meaning.PASS),
          Map.entry("quality", Meaning.PASS),
          Map.entry("response_format", Meaning.PASS),
          Map.entry("safety_identifier", Meaning.PASS),
          Map.entry("size", Meaning.PASS),
          Map.entry("style", Meaning.PASS),
          Map.entry("user", Meaning.PASS));

  private static final Map<String, Meaning> SPEECH =
      Map.of(
          "model",
          Meaning.MODEL,
          "input",
          Meaning.SPOKEN,
          "instructions",
          Meaning.DESCRIBED,
          "voice",
          Meaning.VOICE,
          "response_format",
          Meaning.PASS,
          "speed",
          Meaning.PASS,
          "stream_format",
          Meaning.EVENTS_OR_BYTES);

  private static final Map<String, Meaning> TRANSLATIONS =
      Map.of(
          "file",
          Meaning.FILE,
          "model",
          Meaning.MODEL,
          "prompt",
          Meaning.DESCRIBED,
          "response_format",
          Meaning.PASS,
          "temperature",
          Meaning.PASS);

  private static final Map<String, Meaning> TRANSCRIPTIONS =
      with(
          TRANSLATIONS,
          Map.ofEntries(
              Map.entry("stream", Meaning.STREAM),
              Map.entry("language", Meaning.PASS),
              Map.entry("languages[]", Meaning.PASS),
              Map.entry("keywords[]", Meaning.DESCRIBED),
              Map.entry("include[]", Meaning.PASS),
              Map.entry("timestamp_granularities[]", Meaning.PASS),
              Map.entry("chunking_strategy", Meaning.PASS),
              Map.entry("chunking_strategy[type]", Meaning.PASS),
              Map.entry("chunking_strategy[prefix_padding_ms]", Meaning.PASS),
              Map.entry("chunking_strategy[silence_duration_ms]", Meaning.PASS),
              Map.entry("chunking_strategy[threshold]", Meaning.PASS),
              Map.entry("known_speaker_names[]", Meaning.DESCRIBED)));

  private static final Map<String, Meaning> EDITS =
      with(
          IMAGES,
          Map.of(
              "image",
              Meaning.FILE,
              "image[]",
              Meaning.FILE,
              "mask",
              Meaning.FILE,
              "input_fidelity",
              Meaning.PASS));

  private MediaMembers() {}

  static Map<String, Meaning> of(Endpoint endpoint) {
    return switch (endpoint) {
      case IMAGES_GENERATE -> IMAGES;
      case IMAGES_EDIT -> EDITS;
      case SPEECH -> SPEECH;
      case TRANSCRIPTIONS -> TRANSCRIPTIONS;
      case TRANSLATIONS -> TRANSLATIONS;
      default -> throw new IllegalStateException(endpoint + " makes no images and no sound");
    };
  }

  private static Map<String, Meaning> with(Map<String, Meaning> base, Map<String, Meaning> more) {
    Map<String, Meaning> table = new HashMap<>(base);
    table.putAll(more);
    return Map.copyOf(table);
  }
}

package dev.mandate.gateway.relay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.platform.trace.Span;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an answer says of itself, for its span: its id, its model, why it ended. Only of calls that
/// are traced, from the beginning and the end of the answer, and never a word of what was said: ids
/// and models are read at their place and by their characters, reasons from a closed set.
final class AnswerFacts {
  private static final JsonFactory JSON = new JsonFactory();

  /// Of the beginning, and of the end.
  private static final int KEPT_MAX = 4 << 10;

  private static final int NAME_CHARACTERS_MAX = 128;

  /// Where a stream's event wraps the answer that it is about.
  private static final Set<String> WRAPPERS = Set.of("response", "message");

  private static final Set<String> REASON_MEMBERS =
      Set.of("finish_reason", "stop_reason", "finishReason");

  private static final Set<String> REASONS =
      Set.of(
          "stop",
          "length",
          "tool_calls",
          "function_call",
          "content_filter",
          "end_turn",
          "max_tokens",
          "stop_sequence",
          "tool_use",
          "pause_turn",
          "refusal",
          "model_length",
          "error",
          "STOP",
          "MAX_TOKENS",
          "SAFETY",
          "RECITATION",
          "BLOCKLIST",
          "PROHIBITED_CONTENT",
          "SPII",
          "MALFORMED_FUNCTION_CALL",
          "OTHER");

  private final Buffer head = Buffer.buffer();
  private Buffer tail = Buffer.buffer();
  private @Nullable String id;
  private @Nullable String model;

  void add(Buffer chunk) {
    int room = KEPT_MAX - head.length();
    if (room > 0) {
      head.appendBuffer(chunk, 0, Math.min(room, chunk.length()));
    }
    if (chunk.length() >= KEPT_MAX) {
      tail = Buffer.buffer().appendBuffer(chunk, chunk.length() - KEPT_MAX, KEPT_MAX);
    } else if (tail.length() + chunk.length() <= 2 * KEPT_MAX) {
      tail.appendBuffer(chunk);
    } else {
      Buffer last = Buffer.buffer();
      last.appendBuffer(tail, tail.length() - KEPT_MAX, KEPT_MAX).appendBuffer(chunk);
      tail = last;
    }
  }

  void describe(Span to) {
    String begun = head.toString(StandardCharsets.UTF_8);
    int object = begun.indexOf('{');
    if (object >= 0) {
      read(begun.substring(object));
    }
    to.put("gen_ai.response.id", id)
        .put("gen_ai.response.model", model)
        .put("gen_ai.response.finish_reasons", reasons(tail.toString(StandardCharsets.UTF_8)));
  }

  /// Ends where the text does, which may be in the middle.
  private void read(String json) {
    try (JsonParser parser = JSON.createParser(json)) {
      int depth = 0;
      boolean wrapped = false;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        String name = parser.currentName();
        if (token.isStructStart()) {
          depth++;
          wrapped = depth == 2 && name != null && WRAPPERS.contains(name);
        } else if (token.isStructEnd()) {
          depth--;
          if (depth == 0) {
            return;
          }
        } else if (token == JsonToken.VALUE_STRING && (depth == 1 || (depth == 2 && wrapped))) {
          take(name, parser.getText());
        }
      }
    } catch (IOException cutOff) {
      // Only the beginning was kept, or it is no JSON: what was read of it stands.
    }
  }

  private void take(@Nullable String name, String value) {
    if (name == null || !isName(value)) {
      return;
    }
    switch (name) {
      case "id", "responseId" -> id = id == null ? value : id;
      case "model", "modelVersion" -> model = model == null ? value : model;
      default -> {
        // Not ours to tell.
      }
    }
  }

  private static boolean isName(String text) {
    return !text.isEmpty()
        && text.length() <= NAME_CHARACTERS_MAX
        && text.chars()
            .allMatch(c -> c < 0x80 && (Character.isLetterOrDigit(c) || "._:/@-".indexOf(c) >= 0));
  }

  /// In a text of the answer, a quote would be escaped: what looks like a member is one.
  private static List<String> reasons(String end) {
    List<String> reasons = new ArrayList<>();
    for (String member : REASON_MEMBERS) {
      String key = "\"" + member + "\"";
      for (int at = end.indexOf(key); at >= 0; at = end.indexOf(key, at + 1)) {
        if (at > 0 && end.charAt(at - 1) == '\\') {
          continue;
        }
        String reason = value(end, at + key.length());
        if (reason != null && REASONS.contains(reason) && !reasons.contains(reason)) {
          reasons.add(reason);
        }
      }
    }
    return reasons;
  }

  private static @Nullable String value(String text, int from) {
    int open = text.indexOf('"', from);
    int close = open < 0 ? -1 : text.indexOf('"', open + 1);
    boolean direct = close > 0 && text.substring(from, open).strip().equals(":");
    return direct ? text.substring(open + 1, close) : null;
  }
}

package dev.mandate.domain.promptlog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/// The words of a request's or an answer's body: what people and models wrote, and nothing else of
/// it. A stream's pieces are put together again, for what is cut in two cannot be recognised.
final class Texts {
  private static final JsonFactory JSON = new JsonFactory();

  /// Members whose strings are words.
  private static final Set<String> WORDS =
      Set.of(
          "content",
          "text",
          "input",
          "prompt",
          "instructions",
          "system",
          "delta",
          "arguments",
          "partial_json",
          "thinking",
          "refusal",
          "reasoning_content");

  private Texts() {}

  /// @param body JSON, or server-sent events of it; what does not read ends it
  static String of(byte[] body, int charactersMax) {
    StringBuilder words = new StringBuilder();
    String text = new String(body, StandardCharsets.UTF_8);
    int start = firstVisible(text);
    if (start < text.length() && text.charAt(start) == '{') {
      read(text, "\n", words);
    } else {
      for (String line : text.split("\n", -1)) {
        if (line.startsWith("data:")) {
          read(line.substring(5), "", words);
        }
      }
    }
    return words.length() <= charactersMax ? words.toString() : words.substring(0, charactersMax);
  }

  private static int firstVisible(String text) {
    int at = 0;
    while (at < text.length() && text.charAt(at) <= ' ') {
      at++;
    }
    return at;
  }

  private static void read(String json, String between, StringBuilder to) {
    Deque<Boolean> arraysOfWords = new ArrayDeque<>();
    try (JsonParser parser = JSON.createParser(json)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        String name = parser.currentName();
        boolean words =
            name == null ? Boolean.TRUE.equals(arraysOfWords.peek()) : WORDS.contains(name);
        if (token == JsonToken.START_ARRAY) {
          arraysOfWords.push(words);
        } else if (token == JsonToken.START_OBJECT) {
          arraysOfWords.push(false);
        } else if (token.isStructEnd()) {
          arraysOfWords.pop();
        } else if (token == JsonToken.VALUE_STRING && words) {
          to.append(to.isEmpty() ? "" : between).append(parser.getText());
        }
      }
    } catch (IOException cutOff) {
      // A body that was longer than what is kept, or no JSON: what was read of it stands.
    }
  }
}

package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Prompt.Tool;
import dev.mandate.simulator.Tokens.Piece;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the simulated model says: a function of the request alone.
///
/// @param toolName the function to call, or null for text
/// @param text the answer's text, or the arguments of the call
/// @param pieces the text as a stream carries it; their tokens add up to that of the text
/// @param tokens output tokens, the tool's name included
/// @param ending why it ends
/// @param stopSequence the caller's stop sequence that was hit
record Answer(
    @Nullable String toolName,
    String text,
    List<Piece> pieces,
    int tokens,
    Ending ending,
    @Nullable String stopSequence) {

  enum Ending {
    COMPLETE,
    LENGTH,
    STOP_SEQUENCE,
    TOOL_CALL
  }

  private static final int TOKENS_PER_CHUNK = 4;
  private static final int QUOTED_WORDS = 8;
  private static final int MAX_SCHEMA_DEPTH = 16;
  private static final String FILLER = " and so on";

  /// @param limit most output tokens
  /// @param schema the schema of the JSON that is wanted, a missing node for any object, or null
  ///   for plain text
  /// @param stops texts that end the answer before they appear
  static Answer to(
      Prompt prompt,
      Directive directive,
      int limit,
      @Nullable JsonNode schema,
      List<String> stops,
      String requestBody) {
    Tool tool = prompt.wantedTool();
    if (tool != null) {
      return call(tool, directive, limit);
    }
    boolean exact = directive.echo() || schema != null;
    String plain = directive.without(prompt.lastUserText());
    String said =
        directive.echo()
            ? requestBody
            : schema == null ? friendly(plain) : json(schema, friendly(plain));
    String sized = resized(said, directive, exact);
    String stop = firstStop(sized, stops);
    String whole = stop == null ? sized : sized.substring(0, sized.indexOf(stop));
    String text = Tokens.first(whole, limit);
    boolean cut = text.length() < whole.length();
    return new Answer(
        null,
        text,
        Tokens.split(text, chunks(directive, Tokens.count(text))),
        Tokens.count(text),
        cut ? Ending.LENGTH : stop == null ? Ending.COMPLETE : Ending.STOP_SEQUENCE,
        cut ? null : stop);
  }

  private static Answer call(Tool tool, Directive directive, int limit) {
    String arguments = sample(tool.schema(), "example", 0).toString();
    int name = Tokens.count(tool.name());
    String text = Tokens.first(arguments, limit - name);
    int tokens = Math.min(limit, name + Tokens.count(text));
    List<Piece> pieces = Tokens.split(text, chunks(directive, Tokens.count(text)));
    Ending ending = text.length() < arguments.length() ? Ending.LENGTH : Ending.TOOL_CALL;
    return new Answer(tool.name(), text, pieces, tokens, ending, null);
  }

  /// Output tokens that are not in any piece: the called tool's name.
  int tokensAhead() {
    return tokens - pieces.stream().mapToInt(Piece::tokens).sum();
  }

  private static int chunks(Directive directive, int tokens) {
    return directive.chunks() > 0
        ? directive.chunks()
        : Math.max(1, Math.ceilDiv(tokens, TOKENS_PER_CHUNK));
  }

  private static String resized(String text, Directive directive, boolean exact) {
    int wanted = Math.max(directive.tokens(), directive.chunks());
    if (directive.tokens() > 0 && Tokens.count(text) >= directive.tokens()) {
      return Tokens.first(text, directive.tokens());
    }
    if (Tokens.count(text) >= wanted) {
      return text;
    }
    int target = directive.tokens() > 0 ? directive.tokens() : wanted;
    int missing = Math.toIntExact(4L * target - Tokens.utf8Length(text));
    // Blanks after a JSON text leave it the same JSON.
    String filler = exact ? " " : FILLER;
    return text + filler.repeat(missing / filler.length() + 1).substring(0, missing);
  }

  private static @Nullable String firstStop(String text, List<String> stops) {
    String first = null;
    for (String stop : stops) {
      int at = stop.isEmpty() ? -1 : text.indexOf(stop);
      if (at >= 0 && (first == null || at < text.indexOf(first))) {
        first = stop;
      }
    }
    return first;
  }

  private static String friendly(String prompt) {
    String[] words = prompt.isBlank() ? new String[0] : prompt.strip().split("\\s+", -1);
    if (words.length == 0) {
      return "Hello! Your message has 0 words, so there is nothing to answer yet.";
    }
    String longest = words[0];
    for (String word : words) {
      longest = word.length() > longest.length() ? word : longest;
    }
    String start =
        String.join(" ", List.of(words).subList(0, Math.min(QUOTED_WORDS, words.length)));
    return "Hello! Your message has "
        + words.length
        + (words.length == 1 ? " word" : " words")
        + " and begins with \""
        + start
        + "\". Its longest word is \""
        + longest
        + "\". I am the simulated provider: the same question always gets this same answer.";
  }

  private static String json(JsonNode schema, String friendly) {
    if (schema.isMissingNode()) {
      return JsonNodeFactory.instance.objectNode().put("answer", friendly).toString();
    }
    return sample(schema, friendly, 0).toString();
  }

  /// The smallest value that a JSON Schema's types allow.
  private static JsonNode sample(JsonNode schema, String text, int depth) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (schema.path("enum").isArray() && !schema.path("enum").isEmpty()) {
      return schema.path("enum").get(0);
    }
    JsonNode type =
        schema.path("type").isArray() ? schema.path("type").path(0) : schema.path("type");
    return switch (type.asText("object")) {
      case "string" -> nodes.textNode(text);
      case "integer", "number" -> nodes.numberNode(1);
      case "boolean" -> nodes.booleanNode(true);
      case "array" -> nodes.arrayNode();
      case "null" -> nodes.nullNode();
      default -> {
        ObjectNode object = nodes.objectNode();
        if (depth < MAX_SCHEMA_DEPTH) {
          schema
              .path("properties")
              .properties()
              .forEach(p -> object.set(p.getKey(), sample(p.getValue(), text, depth + 1)));
        }
        yield object;
      }
    };
  }
}

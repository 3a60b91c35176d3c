package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Endpoint;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Collects a [Prompt] from the top-level members of one body.
final class PromptReader {
  private static final int COUNT_MAX = 128;
  private static final Set<String> SERVICE_TIERS =
      Set.of("auto", "default", "flex", "standard_only");

  private final Endpoint endpoint;
  private final JsonParser parser;
  private final ContentReader content;

  private @Nullable String model;
  private boolean stream;
  private @Nullable Long outputCap;
  private int capNullAt = -1;
  private int count = 1;
  private boolean cacheMember;
  private boolean reasons;
  private long predictionBytes;
  private Prompt.StoreMember store = new Prompt.StoreMember(false, -1);
  private Prompt.StreamUsage usage = new Prompt.StreamUsage(false, false, -1, -1, false, -1, 0);

  PromptReader(Endpoint endpoint, JsonParser parser) {
    this.endpoint = endpoint;
    this.parser = parser;
    this.content = new ContentReader(endpoint, parser);
  }

  /// The parser stands on the member's value, and afterwards on the value's last token.
  void member(String name, Meaning meaning) throws IOException {
    switch (meaning) {
      case PASS -> parser.skipChildren();
      case MODEL -> model = string(name);
      case STREAM -> stream = flag(name);
      case STREAM_OPTIONS -> streamOptions(name);
      case OUTPUT_CAP -> outputCap(name);
      case COUNT -> {
        if (!isNull()) {
          count = (int) number(name, 1, COUNT_MAX);
        }
      }
      case CONTENT -> content.prompt(name.equals("messages") || name.equals("input"));
      case OPAQUE -> content.opaque();
      case EMBEDDED -> content.embedded();
      case TOOLS -> content.tools();
      case PREDICTION -> {
        long before = content.textBytes();
        content.opaque();
        predictionBytes += content.textBytes() - before;
      }
      case STORE -> store(name);
      case TEXT_ONLY -> textOnly(name);
      case SERVICE_TIER -> serviceTier(name);
      case CACHE -> {
        cacheMember |= !isNull();
        parser.skipChildren();
      }
      case REASONING -> {
        reasons |= !isNull();
        parser.skipChildren();
      }
      case STORED_STATE -> {
        if (!isNull() && parser.currentToken() != JsonToken.VALUE_FALSE) {
          throw Refusal.of(
              Refusal.Code.STORED_STATE_NOT_ALLOWED,
              "the parameter '" + name + "' reaches stored state of the provider's account");
        }
      }
      case PROVIDER_TOOL -> {
        if (!isNull()) {
          throw Refusal.of(
              Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED,
              "the parameter '" + name + "' makes the provider run a tool");
        }
      }
    }
  }

  Prompt prompt() {
    if (model == null) {
      throw BodyScanner.invalid("the member 'model' is missing");
    }
    if (endpoint == Endpoint.MESSAGES_CREATE && outputCap == null) {
      throw BodyScanner.invalid("the member 'max_tokens' is missing, expected a whole number");
    }
    return new Prompt(
        model,
        stream,
        outputCap,
        capNullAt,
        count,
        content.textBytes(),
        content.items(),
        content.toolCount(),
        content.typedTools(),
        content.images(),
        content.wholeContext(),
        cacheMember || content.writesCache(),
        reasons,
        predictionBytes,
        store,
        usage);
  }

  private boolean isNull() {
    return parser.currentToken() == JsonToken.VALUE_NULL;
  }

  private int offset() {
    return (int) parser.currentTokenLocation().getByteOffset();
  }

  private String string(String name) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw BodyScanner.invalid("'" + name + "' must be a string");
    }
    return parser.getText();
  }

  private boolean flag(String name) {
    return switch (parser.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE, VALUE_NULL -> false;
      case NOT_AVAILABLE,
          START_OBJECT,
          END_OBJECT,
          START_ARRAY,
          END_ARRAY,
          FIELD_NAME,
          VALUE_EMBEDDED_OBJECT,
          VALUE_STRING,
          VALUE_NUMBER_INT,
          VALUE_NUMBER_FLOAT ->
          throw BodyScanner.invalid("'" + name + "' must be true or false");
    };
  }

  private long number(String name, long min, long max) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
        || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        || parser.getLongValue() < min
        || parser.getLongValue() > max) {
      throw BodyScanner.invalid("'" + name + "' must be a whole number from " + min + " to " + max);
    }
    return parser.getLongValue();
  }

  private void outputCap(String name) throws IOException {
    if (isNull()) {
      if (!name.equals("max_tokens")) {
        capNullAt = offset();
      }
      return;
    }
    // Where both spellings of OpenAI's are there, either may be the one that is read.
    long cap = number(name, 0, Integer.MAX_VALUE);
    outputCap = outputCap == null ? cap : Math.max(outputCap, cap);
  }

  private void store(String name) {
    if (flag(name)) {
      throw Refusal.of(
          Refusal.Code.STORED_STATE_NOT_ALLOWED,
          "'store' must be false: the provider's account does not keep answers for callers");
    }
    store = new Prompt.StoreMember(true, isNull() ? offset() : -1);
  }

  private void streamOptions(String name) throws IOException {
    if (isNull()) {
      usage = new Prompt.StreamUsage(false, true, offset(), -1, false, -1, 0);
      return;
    }
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw BodyScanner.invalid("'" + name + "' must be an object");
    }
    int openAt = offset();
    boolean empty = true;
    boolean asked = false;
    int flagAt = -1;
    int flagLength = 0;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      empty = false;
      String member = parser.currentName();
      parser.nextToken();
      switch (member) {
        case "include_usage" -> {
          flagAt = offset();
          asked = flag(member);
          flagLength = parser.currentToken() == JsonToken.VALUE_FALSE ? 5 : 4;
        }
        case "include_obfuscation" -> parser.skipChildren();
        default ->
            throw member.equalsIgnoreCase("include_usage")
                ? BodyScanner.caseVariant(member)
                : Refusal.of(
                    Refusal.Code.PARAMETER_NOT_ALLOWED,
                    "the parameter 'stream_options."
                        + BodyScanner.shown(member)
                        + "' is not allowed here");
      }
    }
    usage = new Prompt.StreamUsage(asked, true, -1, openAt, empty, flagAt, flagLength);
  }

  private void textOnly(String name) throws IOException {
    if (isNull()) {
      return;
    }
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw BodyScanner.invalid("'" + name + "' must be an array");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (!string(name).equals("text")) {
        throw Refusal.of(
            Refusal.Code.PARAMETER_NOT_ALLOWED, "'" + name + "' may only hold 'text' here");
      }
    }
  }

  private void serviceTier(String name) throws IOException {
    if (!isNull() && !SERVICE_TIERS.contains(string(name))) {
      throw Refusal.of(
          Refusal.Code.PARAMETER_NOT_ALLOWED,
          "'" + name + "' may only be one of " + SERVICE_TIERS.stream().sorted().toList());
    }
  }
}

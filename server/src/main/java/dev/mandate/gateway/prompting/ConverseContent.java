package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.gateway.Refusal;
import java.io.IOException;
import java.util.Set;

/// Walks the messages and tools of a body of Amazon Bedrock's Converse API: counts what bounds
/// their tokens, and refuses what reaches stored state or runs at the provider.
final class ConverseContent {
  private static final Set<String> MESSAGE = Set.of("role", "content");

  private static final Set<String> BLOCK =
      Set.of(
          "text",
          "json",
          "image",
          "document",
          "video",
          "audio",
          "toolUse",
          "toolResult",
          "reasoningContent",
          "citationsContent",
          "searchResult",
          "cachePoint",
          "guardContent");

  private static final Set<String> FILE =
      Set.of("format", "name", "source", "context", "citations");
  private static final Set<String> SOURCE = Set.of("bytes", "text", "content", "s3Location");
  private static final Set<String> TOOL_USE = Set.of("toolUseId", "name", "input");
  private static final Set<String> TOOL_RESULT = Set.of("toolUseId", "content", "status");
  private static final Set<String> TOOL_CONFIG = Set.of("tools", "toolChoice");
  private static final Set<String> TOOL = Set.of("toolSpec", "cachePoint", "systemTool");

  private final JsonParser parser;
  private final Values values;
  private final ContentReader content;
  private boolean writesCache;

  ConverseContent(JsonParser parser, ContentReader content) {
    this.parser = parser;
    this.values = new Values(parser);
    this.content = content;
  }

  boolean writesCache() {
    return writesCache;
  }

  void message() throws IOException {
    object("messages");
    content.item();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = ConverseReader.known(parser.currentName(), MESSAGE);
      parser.nextToken();
      if (name.equals("content")) {
        blocks(name);
      } else {
        content.opaque();
      }
    }
  }

  void blocks(String where) throws IOException {
    array(where);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      object(where);
      content.item();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = ConverseReader.known(parser.currentName(), BLOCK);
        parser.nextToken();
        if (!values.isNull()) {
          block(name);
        }
      }
    }
  }

  private void block(String name) throws IOException {
    switch (name) {
      case "text" -> {
        var _ = values.string(name);
        content.text();
      }
      case "image" -> {
        content.picture();
        file(name);
      }
      case "document", "video", "audio" -> {
        // Bounded by nothing in the body.
        content.wholeContextSeen();
        file(name);
      }
      case "toolUse" -> members(name, TOOL_USE);
      case "toolResult" -> members(name, TOOL_RESULT);
      case "cachePoint" -> {
        writesCache = true;
        parser.skipChildren();
      }
      case "guardContent" ->
          throw Refusal.of(
              Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED,
              "'guardContent' belongs to a guardrail that the provider runs");
      default -> content.opaque();
    }
  }

  private void members(String where, Set<String> names) throws IOException {
    object(where);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      // A `type` says that the provider itself runs the tool.
      String name = ConverseReader.known(parser.currentName(), names);
      parser.nextToken();
      if (name.equals("content")) {
        blocks(name);
      } else {
        content.opaque();
      }
    }
  }

  private void file(String where) throws IOException {
    object(where);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = ConverseReader.known(parser.currentName(), FILE);
      parser.nextToken();
      if (name.equals("source")) {
        source();
      } else {
        content.opaque();
      }
    }
  }

  private void source() throws IOException {
    object("source");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = ConverseReader.known(parser.currentName(), SOURCE);
      parser.nextToken();
      switch (name) {
        case "s3Location" -> {
          if (!values.isNull()) {
            throw Refusal.of(
                Refusal.Code.STORED_STATE_NOT_ALLOWED,
                "'s3Location' refers to what the provider's account stores; send the bytes");
          }
        }
        case "bytes" -> parser.skipChildren();
        default -> content.opaque();
      }
    }
  }

  void tools() throws IOException {
    object("toolConfig");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = ConverseReader.known(parser.currentName(), TOOL_CONFIG);
      parser.nextToken();
      if (name.equals("toolChoice")) {
        parser.skipChildren();
      } else {
        array(name);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          tool();
        }
      }
    }
  }

  private void tool() throws IOException {
    object("tools");
    content.tool();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = ConverseReader.known(parser.currentName(), TOOL);
      parser.nextToken();
      switch (name) {
        case "toolSpec" -> content.opaque();
        case "cachePoint" -> {
          writesCache = true;
          parser.skipChildren();
        }
        default ->
            throw Refusal.of(
                Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED, "a 'systemTool' runs at the provider");
      }
    }
  }

  void array(String name) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw BodyScanner.invalid("'" + name + "' must be an array");
    }
  }

  void object(String name) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw BodyScanner.invalid("'" + name + "' must be an object, or hold objects");
    }
  }
}

package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.gateway.Refusal;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Walks the contents of a body of Google's Gemini API: counts what bounds their tokens, and
/// refuses what reaches stored state or ran at the provider.
final class GeminiContent {
  /// All that its tools may be; those besides functions run at the provider.
  static final Names TOOL =
      Names.of(
          "functionDeclarations",
          "codeExecution",
          "computerUse",
          "enterpriseWebSearch",
          "fileSearch",
          "googleMaps",
          "googleSearch",
          "googleSearchRetrieval",
          "mcpServers",
          "retrieval",
          "urlContext");

  private static final Names CONTENT = Names.of("role", "parts");

  private static final Names PART =
      Names.of(
          "text",
          "inlineData",
          "fileData",
          "functionCall",
          "functionResponse",
          "executableCode",
          "codeExecutionResult",
          "toolCall",
          "toolResponse",
          "thought",
          "thoughtSignature",
          "videoMetadata",
          "mediaResolution");

  private static final Names RESPONSE_PART = Names.of("inlineData", "fileData");
  private static final Names BLOB = Names.of("mimeType", "data", "displayName");
  private static final Names FILE = Names.of("mimeType", "fileUri", "displayName");
  private static final Names CALL = Names.of("id", "name", "args");
  private static final Names RESPONSE =
      Names.of("id", "name", "response", "parts", "willContinue", "scheduling");

  /// Public films are no state of the provider's account; any other address may be.
  private static final List<String> FILMS =
      List.of("https://www.youtube.com/watch?v=", "https://youtu.be/");

  private final JsonParser parser;
  private final Values values;
  private final ContentReader content;

  GeminiContent(JsonParser parser, ContentReader content) {
    this.parser = parser;
    this.values = new Values(parser);
    this.content = content;
  }

  void content(String where) throws IOException {
    object(where);
    content.item();
    Names.Walk walk = CONTENT.walk(parser);
    for (String name = walk.next(); name != null; name = walk.next()) {
      if (name.equals("parts")) {
        parts(PART);
      } else {
        content.opaque();
      }
    }
  }

  private void parts(Names members) throws IOException {
    if (values.isNull()) {
      return;
    }
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw BodyScanner.invalid("'parts' must be an array");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      object("parts");
      Names.Walk walk = members.walk(parser);
      for (String name = walk.next(); name != null; name = walk.next()) {
        if (!values.isNull()) {
          part(name);
        }
      }
    }
  }

  private void part(String name) throws IOException {
    switch (name) {
      case "text", "thoughtSignature" -> {
        var _ = values.string(name);
        content.text();
      }
      case "inlineData" -> blob();
      case "fileData" -> file();
      case "functionCall" -> counted(CALL);
      case "functionResponse" -> counted(RESPONSE);
      case "executableCode", "codeExecutionResult", "toolCall", "toolResponse" ->
          throw Refusal.of(
              Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED,
              "the part '" + name + "' belongs to a tool that runs at the provider");
      default -> parser.skipChildren();
    }
  }

  /// What only a function of the caller's reads and writes, but for what its result shows.
  private void counted(Names members) throws IOException {
    object("parts");
    content.item();
    Names.Walk walk = members.walk(parser);
    for (String name = walk.next(); name != null; name = walk.next()) {
      if (name.equals("parts")) {
        parts(RESPONSE_PART);
      } else {
        content.opaque();
      }
    }
  }

  private void blob() throws IOException {
    object("inlineData");
    boolean image = false;
    Names.Walk walk = BLOB.walk(parser);
    for (String name = walk.next(); name != null; name = walk.next()) {
      if (name.equals("mimeType") && !values.isNull()) {
        image = values.string(name).toLowerCase(Locale.ROOT).startsWith("image/");
      } else {
        parser.skipChildren();
      }
    }
    if (image) {
      content.picture();
    } else {
      // Sounds, films and documents are bounded by nothing in the body.
      content.wholeContextSeen();
    }
  }

  private void file() throws IOException {
    object("fileData");
    @Nullable String uri = null;
    Names.Walk walk = FILE.walk(parser);
    for (String name = walk.next(); name != null; name = walk.next()) {
      if (name.equals("fileUri") && !values.isNull()) {
        uri = values.string(name);
      } else {
        parser.skipChildren();
      }
    }
    String address = String.valueOf(uri);
    if (FILMS.stream().noneMatch(address::startsWith)) {
      throw Refusal.of(
          Refusal.Code.STORED_STATE_NOT_ALLOWED,
          "'fileUri' may refer to stored state of the provider's account; send the data inline");
    }
    content.wholeContextSeen();
  }

  private void object(String where) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw BodyScanner.invalid("'" + where + "' must hold objects");
    }
  }
}

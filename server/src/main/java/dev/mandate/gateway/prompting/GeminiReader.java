package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Route;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Collects a [Prompt] from a body of Google's Gemini API, as it was in November 2026. Its messages
/// have a member for each kind of content, so each message has its list of members; left out on
/// purpose, because each changes the price or keeps state: `speechConfig`, `imageConfig`,
/// `generateContentRequest`, and all tools but functions.
final class GeminiReader implements MemberReader {
  private static final Names GENERATE =
      Names.of(
          "model",
          "contents",
          "systemInstruction",
          "tools",
          "toolConfig",
          "safetySettings",
          "generationConfig",
          "cachedContent",
          "serviceTier",
          "store");

  private static final Names COUNT = Names.of("model", "contents");

  private static final Names EMBED =
      Names.of("model", "content", "taskType", "title", "outputDimensionality");

  private static final Names EMBED_ALL = Names.of("requests");

  private static final Names CONFIG =
      Names.of(
          "candidateCount",
          "maxOutputTokens",
          "responseModalities",
          "thinkingConfig",
          "responseSchema",
          "responseJsonSchema",
          "_responseJsonSchema",
          "stopSequences",
          "responseMimeType",
          "temperature",
          "topP",
          "topK",
          "seed",
          "presencePenalty",
          "frequencyPenalty",
          "responseLogprobs",
          "logprobs",
          "mediaResolution",
          "enableEnhancedCivicAnswers");

  private static final Names TOOL_CONFIG = Names.of("functionCallingConfig");

  private static final int CANDIDATES_MAX = 8;

  /// At the list price, or below it.
  private static final Set<String> SERVICE_TIERS = Set.of("standard", "flex");

  private final Endpoint endpoint;
  private final String model;
  private final JsonParser parser;
  private final Values values;
  private final ContentReader content;
  private final GeminiContent parts;
  private final Names.Walk members;

  private @Nullable Long outputCap;
  private int capNullAt = -1;
  private int count = 1;
  private boolean prompted;
  private Prompt.Inside config = new Prompt.Inside("generationConfig", -1, -1, true);

  GeminiReader(Provider provider, Route route, JsonParser parser, @Nullable PromptText text) {
    this.endpoint = route.endpoint();
    this.model = String.valueOf(route.name());
    this.parser = parser;
    this.values = new Values(parser);
    this.content = new ContentReader(provider, endpoint, parser, text);
    this.parts = new GeminiContent(parser, content);
    this.members = names().walk(parser);
  }

  private Names names() {
    return switch (endpoint) {
      case GENERATE_CONTENT, STREAM_GENERATE_CONTENT -> GENERATE;
      case GEMINI_COUNT_TOKENS -> COUNT;
      case EMBED_CONTENT -> EMBED;
      case BATCH_EMBED_CONTENTS -> EMBED_ALL;
      case CHAT_COMPLETIONS,
          RESPONSES_CREATE,
          EMBEDDINGS,
          IMAGES_GENERATE,
          IMAGES_EDIT,
          SPEECH,
          TRANSCRIPTIONS,
          TRANSLATIONS,
          OPENAI_MODELS,
          OPENAI_MODEL,
          MESSAGES_CREATE,
          COUNT_TOKENS,
          ANTHROPIC_MODELS,
          ANTHROPIC_MODEL,
          GEMINI_MODELS,
          GEMINI_MODEL,
          CONVERSE,
          CONVERSE_STREAM ->
          throw new IllegalStateException(endpoint + " has no body of this kind");
    };
  }

  @Override
  public void member() throws IOException {
    String name = members.known(parser.currentName());
    parser.nextToken();
    read(name);
  }

  private void read(String name) throws IOException {
    switch (name) {
      case "model" -> sameModel();
      case "contents" -> {
        prompted = true;
        contents();
      }
      case "content" -> {
        prompted = true;
        parts.content(name);
      }
      case "systemInstruction" -> {
        if (!values.isNull()) {
          parts.content(name);
        }
      }
      case "requests" -> requests();
      case "tools" -> tools();
      case "toolConfig" -> toolConfig();
      case "generationConfig" -> generationConfig();
      case "title" -> content.opaque();
      case "cachedContent" -> {
        if (!values.isNull()) {
          throw Refusal.of(
              Refusal.Code.STORED_STATE_NOT_ALLOWED,
              "the parameter 'cachedContent' reaches stored state of the provider's account");
        }
      }
      case "store" -> {
        if (values.flag(name)) {
          throw Refusal.of(
              Refusal.Code.STORED_STATE_NOT_ALLOWED,
              "'store' must be false: the provider's account does not keep answers for callers");
        }
      }
      case "serviceTier" -> {
        if (!values.isNull() && !SERVICE_TIERS.contains(values.string(name))) {
          throw Refusal.of(
              Refusal.Code.PARAMETER_NOT_ALLOWED,
              "'serviceTier' may only be one of " + SERVICE_TIERS.stream().sorted().toList());
        }
      }
      default -> parser.skipChildren();
    }
  }

  /// The path has named it; here it may only be said again.
  private void sameModel() throws IOException {
    if (values.isNull()) {
      return;
    }
    String named = values.string("model");
    if (!named.equals("models/" + model) && !named.equals(model)) {
      throw BodyScanner.invalid("the member 'model' and the path name different models");
    }
  }

  private void contents() throws IOException {
    array("contents");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      parts.content("contents");
    }
  }

  private void array(String name) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw BodyScanner.invalid("'" + name + "' must be an array");
    }
  }

  private void object(String name) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw BodyScanner.invalid("'" + name + "' must be an object");
    }
  }

  private void requests() throws IOException {
    array("requests");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      object("requests");
      Names.Walk walk = EMBED.walk(parser);
      for (String name = walk.next(); name != null; name = walk.next()) {
        read(name);
      }
    }
  }

  private void tools() throws IOException {
    if (values.isNull()) {
      return;
    }
    array("tools");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      object("tools");
      Names.Walk walk = GeminiContent.TOOL.walk(parser);
      for (String name = walk.next(); name != null; name = walk.next()) {
        if (name.equals("functionDeclarations")) {
          content.tool();
          content.opaque();
        } else {
          throw Refusal.of(
              Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED,
              "the tool '" + name + "' runs at the provider");
        }
      }
    }
  }

  private void toolConfig() throws IOException {
    if (values.isNull()) {
      return;
    }
    object("toolConfig");
    Names.Walk walk = TOOL_CONFIG.walk(parser);
    while (walk.next() != null) {
      parser.skipChildren();
    }
  }

  private void generationConfig() throws IOException {
    int at = values.offset();
    if (values.isNull()) {
      config = new Prompt.Inside(config.member(), at, -1, true);
      return;
    }
    object("generationConfig");
    boolean empty = true;
    Names.Walk walk = CONFIG.walk(parser);
    for (String name = walk.next(); name != null; name = walk.next()) {
      empty = false;
      configured(name);
    }
    config = new Prompt.Inside(config.member(), -1, at, empty);
  }

  private void configured(String name) throws IOException {
    switch (name) {
      case "candidateCount" -> {
        if (!values.isNull()) {
          count = (int) values.number(name, 1, CANDIDATES_MAX);
        }
      }
      // Thoughts are part of it.
      case "maxOutputTokens" -> {
        if (values.isNull()) {
          capNullAt = values.offset();
        } else {
          outputCap = values.number(name, 1, Integer.MAX_VALUE);
        }
      }
      case "responseModalities" -> textOnly();
      case "responseSchema", "responseJsonSchema", "_responseJsonSchema" -> content.opaque();
      default -> parser.skipChildren();
    }
  }

  private void textOnly() throws IOException {
    if (values.isNull()) {
      return;
    }
    array("responseModalities");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (!values.string("responseModalities").equals("TEXT")) {
        throw Refusal.of(
            Refusal.Code.PARAMETER_NOT_ALLOWED, "'responseModalities' may only hold 'TEXT' here");
      }
    }
  }

  @Override
  public Prompt prompt() {
    if (!prompted) {
      throw BodyScanner.invalid("there is no content in the body");
    }
    return new Prompt(
        model,
        endpoint == Endpoint.STREAM_GENERATE_CONTENT,
        outputCap,
        capNullAt,
        config,
        count,
        content.textBytes(),
        content.items(),
        content.toolCount(),
        0,
        content.images(),
        content.wholeContext(),
        false,
        true,
        0,
        new Prompt.StoreMember(false, -1),
        new Prompt.StreamUsage(false, false, -1, -1, false, -1, 0),
        Prompt.State.NONE,
        Prompt.Media.NONE);
  }
}

package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Route;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Collects a [Prompt] from a body of Amazon Bedrock's Converse API, as it was in November 2026.
/// Its messages have a member for each kind of content. Refused on purpose, because each has a
/// price of its own or reaches what the account keeps: guardrails, stored prompts, files in S3,
/// tools that run at the provider, and members for the model that are not known here.
final class ConverseReader implements MemberReader {
  private static final String CONFIG = "inferenceConfig";
  private static final String MODEL_FIELDS = "additionalModelRequestFields";

  private static final Set<String> MEMBERS =
      Set.of(
          "messages",
          "system",
          CONFIG,
          "toolConfig",
          MODEL_FIELDS,
          "additionalModelResponseFieldPaths",
          "requestMetadata",
          "performanceConfig",
          "serviceTier",
          "outputConfig",
          "guardrailConfig",
          "promptVariables");

  private static final Set<String> CONFIGURED =
      Set.of("maxTokens", "temperature", "topP", "stopSequences");

  /// Of Anthropic's and Amazon's models: what they think is part of `maxTokens`.
  private static final Set<String> FOR_MODELS =
      Set.of("thinking", "top_k", "topK", "reasoning_config", "reasoningConfig", "effort");

  private static final Set<String> SERVICE_TIERS = Set.of("default", "flex");

  private final Endpoint endpoint;
  private final String model;
  private final JsonParser parser;
  private final Values values;
  private final ContentReader content;
  private final ConverseContent blocks;

  private @Nullable Long outputCap;
  private int capNullAt = -1;
  private boolean prompted;
  private Prompt.Inside config = new Prompt.Inside(CONFIG, -1, -1, true);

  /// @param text gets the texts; null where nobody looks at them
  ConverseReader(Provider provider, Route route, JsonParser parser, @Nullable PromptText text) {
    this.endpoint = route.endpoint();
    this.model = String.valueOf(route.name());
    this.parser = parser;
    this.values = new Values(parser);
    this.content = new ContentReader(provider, endpoint, parser, text);
    this.blocks = new ConverseContent(parser, content);
  }

  @Override
  public void member() throws IOException {
    String name = known(parser.currentName(), MEMBERS);
    parser.nextToken();
    if (values.isNull()) {
      if (name.equals(CONFIG)) {
        config = new Prompt.Inside(CONFIG, values.offset(), -1, true);
      }
      return;
    }
    switch (name) {
      case "messages" -> messages();
      case "system" -> blocks.blocks(name);
      case CONFIG -> configuration();
      case "toolConfig" -> blocks.tools();
      case MODEL_FIELDS -> modelFields();
      case "performanceConfig" -> only("latency", Set.of("standard"));
      case "serviceTier" -> only("type", SERVICE_TIERS);
      case "outputConfig" -> content.opaque();
      case "guardrailConfig" ->
          throw Refusal.of(
              Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED,
              "'guardrailConfig' has the provider run a guardrail, at a price of its own");
      case "promptVariables" ->
          throw Refusal.of(
              Refusal.Code.STORED_STATE_NOT_ALLOWED,
              "'promptVariables' belong to a prompt that the provider's account stores");
      default -> parser.skipChildren();
    }
  }

  static String known(String name, Set<String> names) {
    if (names.contains(name)) {
      return name;
    }
    for (String other : names) {
      if (other.equalsIgnoreCase(name)) {
        throw BodyScanner.caseVariant(name);
      }
    }
    throw BodyScanner.notAllowed(name);
  }

  private void messages() throws IOException {
    blocks.array("messages");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      prompted = true;
      blocks.message();
    }
  }

  private void configuration() throws IOException {
    int at = values.offset();
    blocks.object(CONFIG);
    boolean empty = true;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      empty = false;
      String name = known(parser.currentName(), CONFIGURED);
      parser.nextToken();
      if (!name.equals("maxTokens")) {
        parser.skipChildren();
      } else if (values.isNull()) {
        capNullAt = values.offset();
      } else {
        outputCap = values.number(name, 1, Integer.MAX_VALUE);
      }
    }
    config = new Prompt.Inside(CONFIG, -1, at, empty);
  }

  private void modelFields() throws IOException {
    blocks.object(MODEL_FIELDS);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      known(parser.currentName(), FOR_MODELS);
      parser.nextToken();
      parser.skipChildren();
    }
  }

  private void only(String member, Set<String> allowed) throws IOException {
    blocks.object(member);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      known(parser.currentName(), Set.of(member));
      parser.nextToken();
      String value = values.string(member).toLowerCase(Locale.ROOT);
      if (!allowed.contains(value)) {
        throw Refusal.of(
            Refusal.Code.PARAMETER_NOT_ALLOWED,
            "'" + member + "' may only be one of " + allowed.stream().sorted().toList());
      }
    }
  }

  @Override
  public Prompt prompt() {
    if (!prompted) {
      throw BodyScanner.invalid("the member 'messages' is missing or empty");
    }
    return new Prompt(
        model,
        endpoint == Endpoint.CONVERSE_STREAM,
        outputCap,
        capNullAt,
        config,
        1,
        content.textBytes(),
        content.items(),
        content.toolCount(),
        0,
        content.images(),
        content.wholeContext(),
        blocks.writesCache(),
        true,
        0,
        new Prompt.StoreMember(false, -1),
        new Prompt.StreamUsage(false, false, -1, -1, false, -1, 0),
        Prompt.State.NONE,
        Prompt.Media.NONE);
  }
}

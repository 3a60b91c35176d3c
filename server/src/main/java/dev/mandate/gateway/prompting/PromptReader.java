package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Endpoint;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Collects a [Prompt] from the top-level members of one body.
final class PromptReader implements MemberReader {
  private static final int COUNT_MAX = 128;

  /// OpenAI's `partial_images`.
  static final int PREVIEWS_MAX = 3;

  private static final Set<String> SERVICE_TIERS =
      Set.of("auto", "default", "flex", "standard_only");

  /// More than any provider's safety prompt has.
  private static final long INSTRUCTION_BYTES = 1024;

  private final Provider provider;
  private final Endpoint endpoint;
  private final @Nullable String named;
  private final JsonParser parser;
  private final Values values;
  private final Map<String, Meaning> members;
  private final ContentReader content;

  private @Nullable String model;
  private boolean stream;
  private @Nullable Long outputCap;
  private int capNullAt = -1;
  private int count = 1;
  private boolean cacheMember;
  private boolean reasons;
  private long predictionBytes;
  private long characters;
  private int previews;
  private Prompt.StoreMember store = new Prompt.StoreMember(false, -1);
  private @Nullable Boolean stores;
  private Prompt.StreamUsage usage = new Prompt.StreamUsage(false, false, -1, -1, false, -1, 0);

  /// @param named the model that the path names, if it does
  /// @param text gets the texts; null where nobody looks at them
  PromptReader(
      Provider provider,
      Endpoint endpoint,
      @Nullable String named,
      JsonParser parser,
      @Nullable PromptText text) {
    this.provider = provider;
    this.endpoint = endpoint;
    this.named = named;
    this.parser = parser;
    this.values = new Values(parser);
    this.members = Members.of(provider, endpoint);
    this.content = new ContentReader(provider, endpoint, parser, text);
  }

  @Override
  public void member() throws IOException {
    String name = parser.currentName();
    Meaning meaning = members.get(name);
    if (meaning == null) {
      throw members.containsKey(name.toLowerCase(Locale.ROOT))
          ? BodyScanner.caseVariant(name)
          : BodyScanner.notAllowed(name);
    }
    parser.nextToken();
    switch (meaning) {
      case PASS -> parser.skipChildren();
      case MODEL -> model = values.string(name);
      case STREAM -> stream = values.flag(name);
      case STREAM_OPTIONS -> streamOptions(name);
      case OUTPUT_CAP -> outputCap(name);
      case COUNT -> {
        if (!values.isNull()) {
          count = (int) values.number(name, 1, COUNT_MAX);
        }
      }
      case CONTENT -> content.prompt(name.equals("messages") || name.equals("input"));
      case OPAQUE -> content.opaque();
      case INSTRUCTS -> content.addedBytes(values.flag(name) ? INSTRUCTION_BYTES : 0);
      case EMBEDDED -> content.embedded();
      case TOOLS -> content.tools();
      case SPOKEN -> {
        characters += values.string(name).length();
        content.text();
      }
      case DESCRIBED -> {
        var _ = values.string(name);
        content.text();
      }
      case PREVIEWS -> {
        if (!values.isNull()) {
          previews = (int) values.number(name, 0, PREVIEWS_MAX);
        }
      }
      case VOICE -> {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
          throw Refusal.of(
              Refusal.Code.STORED_STATE_NOT_ALLOWED,
              "'voice' must be the name of a voice: others are stored in the provider's account");
        }
      }
      case FILE -> throw BodyScanner.notAllowed(name);
      case EVENTS_OR_BYTES -> stream = !values.isNull() && values.string(name).equals("sse");
      case PREDICTION -> {
        long before = content.textBytes();
        content.opaque();
        predictionBytes += content.textBytes() - before;
      }
      case STORE -> store(name);
      case TEXT_ONLY -> textOnly(name);
      case SERVICE_TIER -> serviceTier(name);
      case CACHE -> {
        cacheMember |= !values.isNull();
        parser.skipChildren();
      }
      case REASONING -> {
        reasons |= !values.isNull();
        parser.skipChildren();
      }
      case PREVIOUS_RESPONSE -> reference(name, ObjectKind.RESPONSE);
      case CONVERSATION -> reference(name, ObjectKind.CONVERSATION);
      case STORED_STATE -> {
        if (!values.isNull() && parser.currentToken() != JsonToken.VALUE_FALSE) {
          throw reaches(name);
        }
      }
      case PROVIDER_TOOL -> {
        if (!values.isNull()) {
          throw Refusal.of(
              Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED,
              "the parameter '" + name + "' makes the provider run a tool");
        }
      }
    }
  }

  @Override
  public Prompt prompt() {
    if (model == null) {
      model = named;
    }
    if (model == null) {
      throw BodyScanner.invalid("the member 'model' is missing");
    }
    if (named != null && !named.equals(model)) {
      // Only one of them decides, and it isn't said which.
      throw BodyScanner.invalid("the member 'model' and the path name different models");
    }
    if (endpoint == Endpoint.MESSAGES_CREATE && outputCap == null) {
      throw BodyScanner.invalid("the member 'max_tokens' is missing, expected a whole number");
    }
    return new Prompt(
        model,
        stream,
        outputCap,
        capNullAt,
        null,
        count,
        content.textBytes(),
        content.items(),
        content.toolCount(),
        content.typedTools(),
        content.images(),
        // What is kept comes to the model with it: as much as fits.
        content.wholeContext() || !content.references().isEmpty(),
        cacheMember || content.writesCache(),
        reasons,
        predictionBytes,
        store,
        usage,
        new Prompt.State(stores, content.references()),
        new Prompt.Media(characters, 0, previews));
  }

  private static Refusal reaches(String name) {
    return Refusal.of(
        Refusal.Code.STORED_STATE_NOT_ALLOWED,
        "the parameter '" + name + "' reaches stored state of the provider's account");
  }

  /// An id, or an object that has nothing but one.
  private void reference(String name, ObjectKind kind) throws IOException {
    if (values.isNull()) {
      return;
    }
    if (!content.mayRefer()) {
      throw reaches(name);
    }
    if (kind != ObjectKind.CONVERSATION || parser.currentToken() != JsonToken.START_OBJECT) {
      content.refer(kind, values.string(name));
      return;
    }
    boolean named = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String member = parser.currentName();
      if (!member.equals("id")) {
        throw BodyScanner.notAllowed(name + "." + member);
      }
      parser.nextToken();
      content.refer(kind, values.string(name + ".id"));
      named = true;
    }
    if (!named) {
      throw BodyScanner.invalid("'" + name + "' must have an 'id'");
    }
  }

  private void outputCap(String name) throws IOException {
    if (values.isNull()) {
      if (name.equals(endpoint.capMember(provider))) {
        capNullAt = values.offset();
      }
      return;
    }
    // Where both spellings of OpenAI's are there, either may be the one that is read.
    long cap = values.number(name, 0, Integer.MAX_VALUE);
    outputCap = outputCap == null ? cap : Math.max(outputCap, cap);
  }

  private void store(String name) {
    boolean on = values.flag(name);
    if (!values.isNull()) {
      stores = on;
    }
    if (on && !(endpoint == Endpoint.RESPONSES_CREATE && content.mayRefer())) {
      throw Refusal.of(
          Refusal.Code.STORED_STATE_NOT_ALLOWED,
          "'store' must be false: the provider's account does not keep answers for callers");
    }
    store = new Prompt.StoreMember(true, values.isNull() ? values.offset() : -1);
  }

  private void streamOptions(String name) throws IOException {
    if (values.isNull()) {
      usage = new Prompt.StreamUsage(false, true, values.offset(), -1, false, -1, 0);
      return;
    }
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw BodyScanner.invalid("'" + name + "' must be an object");
    }
    int openAt = values.offset();
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
          flagAt = values.offset();
          asked = values.flag(member);
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
    if (values.isNull()) {
      return;
    }
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw BodyScanner.invalid("'" + name + "' must be an array");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (!values.string(name).equals("text")) {
        throw Refusal.of(
            Refusal.Code.PARAMETER_NOT_ALLOWED, "'" + name + "' may only hold 'text' here");
      }
    }
  }

  private void serviceTier(String name) throws IOException {
    if (!values.isNull() && !SERVICE_TIERS.contains(values.string(name))) {
      throw Refusal.of(
          Refusal.Code.PARAMETER_NOT_ALLOWED,
          "'" + name + "' may only be one of " + SERVICE_TIERS.stream().sorted().toList());
    }
  }
}

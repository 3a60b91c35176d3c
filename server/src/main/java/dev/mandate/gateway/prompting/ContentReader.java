package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Endpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Walks the prompt-bearing values of a body: counts what bounds their tokens and refuses what
/// reaches stored state or runs at the provider.
final class ContentReader {
  /// Members whose value decides something here, in whatever object of a prompt they stand.
  private static final Set<String> INSPECTED =
      Set.of(
          "type",
          "role",
          "file_id",
          "file_ids",
          "container_id",
          "file_url",
          "cache_control",
          "prompt_cache_breakpoint",
          "encrypted_content",
          "audio",
          "source",
          "image_url",
          "url",
          "data",
          "file_data",
          "input");

  /// More than any prompt has use for; each is looked up.
  static final int REFERENCES_MAX = 100;

  /// A schema is rendered with punctuation of its own.
  private static final int PUNCTUATION_BYTES = 2;

  private final Provider provider;
  private final Endpoint endpoint;
  private final JsonParser parser;
  private final Said said;
  private final Map<String, Kinds.Part> parts;

  private long textBytes;
  private long unchargedBytes;
  private int items;
  private int tools;
  private int typedTools;
  private int images;
  private boolean wholeContext;
  private boolean writesCache;
  private final List<Reference> references = new ArrayList<>();

  /// @param text gets the texts; null where nobody looks at them
  ContentReader(
      Provider provider, Endpoint endpoint, JsonParser parser, @Nullable PromptText text) {
    this.provider = provider;
    this.endpoint = endpoint;
    this.parser = parser;
    this.said = new Said(parser, text);
    this.parts = Kinds.of(provider, endpoint);
  }

  /// Bytes of pictures and documents stand for those, which are charged otherwise; without any,
  /// they are text.
  long textBytes() {
    return images > 0 || wholeContext ? textBytes : textBytes + unchargedBytes;
  }

  int items() {
    return items;
  }

  int toolCount() {
    return tools;
  }

  int typedTools() {
    return typedTools;
  }

  int images() {
    return images;
  }

  boolean wholeContext() {
    return wholeContext;
  }

  boolean writesCache() {
    return writesCache;
  }

  /// What the provider keeps and the prompt names.
  List<Reference> references() {
    return references;
  }

  /// Whether it may name any: whose they are is checked for these only.
  boolean mayRefer() {
    return provider == Provider.OPENAI
        && (endpoint == Endpoint.RESPONSES_CREATE || endpoint == Endpoint.CHAT_COMPLETIONS);
  }

  void refer(ObjectKind kind, String id) {
    if (references.size() >= REFERENCES_MAX) {
      throw BodyScanner.invalid("a body names at most " + REFERENCES_MAX + " kept objects");
    }
    references.add(new Reference(kind, id));
  }

  /// A text of the prompt, or of what is rendered with it.
  void text() throws IOException {
    textBytes += stringBytes();
    said.text("text");
  }

  /// Words that the provider itself adds to the prompt.
  void addedBytes(long bytes) {
    textBytes += bytes;
  }

  void item() {
    items++;
  }

  void tool() {
    tools++;
  }

  void wholeContextSeen() {
    wholeContext = true;
  }

  void picture() {
    images++;
  }

  /// Messages, input items, system text.
  ///
  /// @param itemized whether the elements of an array here are messages or items
  void prompt(boolean itemized) throws IOException {
    if (!itemized || parser.currentToken() != JsonToken.START_ARRAY) {
      items++;
      value("");
      return;
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items++;
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        inputItem();
      } else {
        value("");
      }
    }
  }

  private void inputItem() throws IOException {
    Seen seen = object("");
    if (endpoint != Endpoint.RESPONSES_CREATE) {
      return;
    }
    // The Responses API takes an item with neither type nor role for a reference to a stored one,
    // and looks up a reasoning item that comes without its content.
    if ((seen.type.isEmpty() && !seen.role)
        || (seen.type.equals("reasoning") && !seen.encrypted && !seen.content)) {
      throw Refusal.of(
          Refusal.Code.STORED_STATE_NOT_ALLOWED,
          "an input item refers to stored state of the provider's account");
    }
  }

  /// What an object turned out to hold.
  private static final class Seen {
    String type = "";
    boolean role;
    boolean encrypted;
    boolean content;
  }

  private void value(String parent) throws IOException {
    switch (parser.currentToken()) {
      case START_OBJECT -> {
        var _ = object(parent);
      }
      case START_ARRAY -> {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          value(parent);
        }
      }
      case VALUE_STRING -> {
        textBytes += stringBytes();
        said.text(parent);
      }
      case VALUE_NUMBER_INT,
          VALUE_NUMBER_FLOAT,
          VALUE_TRUE,
          VALUE_FALSE,
          VALUE_NULL,
          VALUE_EMBEDDED_OBJECT,
          NOT_AVAILABLE,
          FIELD_NAME,
          END_ARRAY,
          END_OBJECT ->
          textBytes += parser.getTextLength();
    }
  }

  private Seen object(String parent) throws IOException {
    Seen seen = new Seen();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      textBytes += Utf8.length(name);
      said.name(name);
      parser.nextToken();
      if (!INSPECTED.contains(name) && INSPECTED.contains(name.toLowerCase(Locale.ROOT))) {
        throw BodyScanner.caseVariant(name);
      }
      boolean present = parser.currentToken() != JsonToken.VALUE_NULL;
      switch (name) {
        case "type" -> seen.type = present ? type() : "";
        case "role" -> {
          seen.role = present;
          value(name);
        }
        case "content" -> {
          seen.content = present;
          value(name);
        }
        case "encrypted_content" -> {
          seen.encrypted = present;
          value(name);
        }
        case "file_id", "file_ids", "container_id" -> {
          if (present && name.equals("file_id") && mayRefer()) {
            file();
          } else if (present) {
            throw Refusal.of(
                Refusal.Code.STORED_STATE_NOT_ALLOWED,
                "'" + name + "' refers to stored state of the provider's account");
          }
        }
        case "audio" -> audio(present);
        case "file_url" -> {
          wholeContext |= present;
          value(name);
        }
        case "cache_control", "prompt_cache_breakpoint" -> {
          writesCache |= present;
          value(name);
        }
        case "image_url" -> uncharged(name, true);
        case "url" -> uncharged(name, parent.equals("image_url"));
        case "data" -> uncharged(name, parent.equals("source") || parent.equals("input_audio"));
        case "file_data" -> uncharged(name, true);
        case "input" -> {
          if (provider == Provider.ANTHROPIC) {
            opaque();
          } else {
            value(name);
          }
        }
        // Arguments of a tool call, in the tool's own words.
        case "action", "operation" -> opaque();
        default -> value(name);
      }
    }
    return seen;
  }

  private void file() throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw BodyScanner.invalid("'file_id' must be a string");
    }
    refer(ObjectKind.FILE, parser.getText());
  }

  /// An assistant message's `audio` names an earlier answer that the provider keeps.
  private void audio(boolean present) throws IOException {
    if (present && endpoint == Endpoint.CHAT_COMPLETIONS) {
      throw Refusal.of(
          Refusal.Code.STORED_STATE_NOT_ALLOWED,
          "'audio' in a message refers to stored state of the provider's account");
    }
    value("audio");
  }

  private void uncharged(String name, boolean isPicture) throws IOException {
    if (isPicture && parser.currentToken() == JsonToken.VALUE_STRING) {
      unchargedBytes += stringBytes();
      said.maybeEncoded();
    } else {
      value(name);
    }
  }

  private String type() throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw BodyScanner.invalid("a 'type' in the prompt must be a string");
    }
    textBytes += stringBytes();
    String type = parser.getText();
    Kinds.Part part = parts.get(type);
    if (part == null) {
      throw Refusal.of(
          Refusal.Code.PARAMETER_NOT_ALLOWED,
          "the type '" + BodyScanner.shown(type) + "' is not allowed in a prompt here");
    }
    switch (part) {
      case TEXT -> {}
      case IMAGE -> images++;
      case WHOLE_CONTEXT -> wholeContext = true;
      case STORED_STATE ->
          throw Refusal.of(
              Refusal.Code.STORED_STATE_NOT_ALLOWED,
              "the type '" + type + "' refers to stored state of the provider's account");
      case PROVIDER_TOOL ->
          throw Refusal.of(
              Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED,
              "the type '" + type + "' belongs to a tool that runs at the provider");
    }
    return type;
  }

  /// Tools that are offered to the model.
  void tools() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      opaque();
      return;
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      tools++;
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        offeredTool();
      } else {
        opaque();
      }
    }
  }

  private void offeredTool() throws IOException {
    textBytes += PUNCTUATION_BYTES;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      textBytes += Utf8.length(name) + PUNCTUATION_BYTES;
      said.name(name);
      parser.nextToken();
      if (name.equals("type") && parser.currentToken() == JsonToken.VALUE_STRING) {
        String type = parser.getText();
        if (!Kinds.runsAtCaller(endpoint, type)) {
          throw Refusal.of(
              Refusal.Code.PROVIDER_TOOL_NOT_ALLOWED,
              "the tool type '" + BodyScanner.shown(type) + "' may run at the provider");
        }
        if (!type.equals("function") && !type.equals("custom")) {
          typedTools++;
        }
      } else if (name.equals("cache_control")) {
        writesCache |= parser.currentToken() != JsonToken.VALUE_NULL;
      } else if (name.equalsIgnoreCase("type") && !name.equals("type")) {
        throw BodyScanner.caseVariant(name);
      }
      opaque();
    }
  }

  /// Counts a value whose inside means nothing to us.
  void opaque() throws IOException {
    int depth = 0;
    do {
      switch (parser.currentToken()) {
        case START_OBJECT, START_ARRAY -> {
          depth++;
          textBytes += PUNCTUATION_BYTES;
        }
        case END_OBJECT, END_ARRAY -> {
          depth--;
          textBytes += PUNCTUATION_BYTES;
        }
        case FIELD_NAME -> {
          textBytes += Utf8.length(parser.currentName()) + PUNCTUATION_BYTES;
          said.name(parser.currentName());
        }
        case VALUE_STRING -> {
          textBytes += stringBytes() + PUNCTUATION_BYTES;
          said.text("arguments");
        }
        case VALUE_NUMBER_INT,
            VALUE_NUMBER_FLOAT,
            VALUE_TRUE,
            VALUE_FALSE,
            VALUE_NULL,
            VALUE_EMBEDDED_OBJECT,
            NOT_AVAILABLE ->
            textBytes += parser.getTextLength() + PUNCTUATION_BYTES;
      }
    } while (depth > 0 && parser.nextToken() != null);
  }

  /// A text, or an array of texts, of token ids, or of arrays of token ids (one token each).
  void embedded() throws IOException {
    items++;
    int depth = 0;
    do {
      switch (parser.currentToken()) {
        case START_ARRAY -> {
          depth++;
          items++;
        }
        case END_ARRAY -> depth--;
        case VALUE_STRING -> {
          items++;
          textBytes += stringBytes();
          said.text("input");
        }
        case VALUE_NUMBER_INT -> textBytes++;
        case START_OBJECT,
            END_OBJECT,
            FIELD_NAME,
            VALUE_NUMBER_FLOAT,
            VALUE_TRUE,
            VALUE_FALSE,
            VALUE_NULL,
            VALUE_EMBEDDED_OBJECT,
            NOT_AVAILABLE ->
            throw BodyScanner.invalid(
                "'input' must be a string, or an array of strings or token ids");
      }
    } while (depth > 0 && parser.nextToken() != null);
  }

  private int stringBytes() throws IOException {
    return Utf8.length(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
  }
}

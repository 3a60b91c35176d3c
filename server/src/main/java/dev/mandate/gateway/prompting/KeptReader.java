package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.routing.Endpoint;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the top-level members of a body that makes or changes what is kept.
final class KeptReader {
  private final Map<String, KeptShape.Member> members;
  private final JsonParser parser;
  private final Values values;
  private final ContentReader content;
  private final boolean looks;

  /// @param text gets the texts; null where nobody looks at them
  KeptReader(KeptShape shape, JsonParser parser, @Nullable PromptText text) {
    this.looks = text != null;
    this.members = shape.members();
    this.parser = parser;
    this.values = new Values(parser);
    this.content = new ContentReader(Provider.OPENAI, Endpoint.RESPONSES_CREATE, parser, text);
  }

  List<Reference> references() {
    return content.references();
  }

  void member() throws IOException {
    String name = parser.currentName();
    KeptShape.Member meaning = members.get(name);
    if (meaning == null) {
      throw members.containsKey(name.toLowerCase(Locale.ROOT))
          ? BodyScanner.caseVariant(name)
          : BodyScanner.notAllowed(name);
    }
    parser.nextToken();
    switch (meaning) {
      case PASS -> {
        if (looks) {
          // A name, a description or a query is read by somebody too.
          content.opaque();
        } else {
          parser.skipChildren();
        }
      }
      case ITEMS -> content.prompt(true);
      case FILE -> content.refer(ObjectKind.FILE, values.string(name));
      case FILES -> {
        if (!values.isNull()) {
          files(name);
        }
      }
      case OFF -> {
        if (!values.isNull() && values.flag(name)) {
          throw BodyScanner.notAllowed(name);
        }
      }
    }
  }

  private void files(String name) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw BodyScanner.invalid("'" + name + "' must be an array");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      content.refer(ObjectKind.FILE, values.string(name));
    }
  }
}

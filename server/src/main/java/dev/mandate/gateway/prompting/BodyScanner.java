package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Route;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Reads a body once, from front to back, without building a tree. What we inspect is what the
/// provider sees: a body that two parsers could read differently is refused (RFC 8259 §4: names
/// should be unique).
public final class BodyScanner {
  private static final int NAME_CHARACTERS_SHOWN = 64;

  private final JsonFactory factory;

  /// @param bodyBytesMax no string is longer
  public BodyScanner(int depthMax, int bodyBytesMax) {
    this.factory =
        new JsonFactoryBuilder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(depthMax)
                    .maxStringLength(bodyBytesMax)
                    .build())
            .configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false)
            .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, true)
            .configure(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION, false)
            .configure(JsonReadFeature.ALLOW_LEADING_ZEROS_FOR_NUMBERS, false)
            .build();
  }

  /// A scanned body.
  ///
  /// @param open where the members of the top-level object begin
  public record Scanned(Prompt prompt, int open) {}

  /// @throws Refusal for what isn't strict JSON and for every member that isn't allowed
  public Scanned scan(Provider provider, Route route, byte[] body) {
    return scan(provider, route, body, null);
  }

  /// The same, with what the prompt says.
  ///
  /// @param text gets the texts; null where nobody looks at them
  public Scanned scan(Provider provider, Route route, byte[] body, @Nullable PromptText text) {
    if (!Utf8.isText(body)) {
      throw invalid("the body is not valid UTF-8");
    }
    if (body.length > 2 && (body[0] & 0xff) == 0xef) {
      throw invalid("the body begins with a byte order mark, expected JSON");
    }
    try (JsonParser parser = factory.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw invalid("the body is not a JSON object");
      }
      int open = (int) parser.currentTokenLocation().getByteOffset() + 1;
      MemberReader reader = reader(provider, route, parser, text);
      boolean empty = true;
      for (JsonToken token = parser.nextToken();
          token == JsonToken.FIELD_NAME;
          token = parser.nextToken()) {
        empty = false;
        reader.member();
      }
      if (parser.nextToken() != null) {
        throw invalid("something follows the JSON object");
      }
      if (empty) {
        throw invalid("the body is an object without members");
      }
      return new Scanned(reader.prompt(), open);
    } catch (JsonProcessingException e) {
      // The parser's own message can quote the body; only its position goes out.
      throw invalid(
          e.getLocation() == null
              ? "the body is not JSON within the limits"
              : "the body is not strict JSON within the limits, at byte "
                  + e.getLocation().getByteOffset());
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory failed", e);
    }
  }

  private static MemberReader reader(
      Provider provider, Route route, JsonParser parser, @Nullable PromptText text) {
    return switch (provider.api()) {
      case OPENAI, ANTHROPIC -> new PromptReader(provider, route.endpoint(), route.name(), parser, text);
      case GEMINI -> new GeminiReader(provider, route, parser, text);
    };
  }

  static Refusal notAllowed(String name) {
    return Refusal.of(
        Refusal.Code.PARAMETER_NOT_ALLOWED,
        "the parameter '" + shown(name) + "' is not allowed here");
  }

  /// Some providers match names without regard to case, others don't: one of the two would see
  /// another body than we do.
  static Refusal caseVariant(String name) {
    return invalid(
        "the member '" + shown(name) + "' differs from a known one in upper and lower case only");
  }

  static Refusal invalid(String detail) {
    return Refusal.of(Refusal.Code.INVALID_REQUEST_BODY, detail);
  }

  static String shown(String name) {
    return name.length() <= NAME_CHARACTERS_SHOWN
        ? name
        : name.substring(0, NAME_CHARACTERS_SHOWN) + "…";
  }
}

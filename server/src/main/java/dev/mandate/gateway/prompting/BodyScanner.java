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
import java.util.List;
import java.util.function.Supplier;
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
  /// @param open where the members of the top-level object begin; -1 in a form, which is not edited
  public record Scanned(Prompt prompt, int open) {}

  /// @param contentType of the body, whose kind was checked
  /// @throws Refusal for what isn't a strict form or JSON, and for everything that isn't allowed
  public Scanned scan(Provider provider, Route route, @Nullable String contentType, byte[] body) {
    return scan(provider, route, contentType, body, null);
  }

  /// The same, with what the prompt says.
  ///
  /// @param text gets the texts; null where nobody looks at them
  public Scanned scan(
      Provider provider,
      Route route,
      @Nullable String contentType,
      byte[] body,
      @Nullable PromptText text) {
    return route.endpoint().takesForm()
        ? new Scanned(FormReader.read(provider, route, contentType, body, text), -1)
        : json(provider, route, body, text);
  }

  private Scanned json(Provider provider, Route route, byte[] body, @Nullable PromptText text) {
    return read(
        body,
        parser -> {
          int open = (int) parser.currentTokenLocation().getByteOffset() + 1;
          MemberReader reader = reader(provider, route, parser, text);
          boolean empty = true;
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            empty = false;
            reader.member();
          }
          if (empty) {
            throw invalid("the body is an object without members");
          }
          return () -> new Scanned(reader.prompt(), open);
        });
  }

  /// What a body that makes or changes what is kept names of it.
  ///
  /// @throws Refusal as [#scan] does
  public List<Reference> scanKept(KeptShape shape, @Nullable String contentType, byte[] body) {
    return scanKept(shape, contentType, body, null);
  }

  /// The same, with what it says.
  ///
  /// @param text gets the texts; null where nobody looks at them
  public List<Reference> scanKept(
      KeptShape shape, @Nullable String contentType, byte[] body, @Nullable PromptText text) {
    if (shape == KeptShape.FILE) {
      KeptForm.check(contentType, body);
      return List.of();
    }
    return read(
        body,
        parser -> {
          KeptReader reader = new KeptReader(shape, parser, text);
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            reader.member();
          }
          return reader::references;
        });
  }

  /// Reads the members; what it gives is asked only when the whole body was found to be good.
  private interface Members<T> {
    Supplier<T> of(JsonParser parser) throws IOException;
  }

  private <T> T read(byte[] body, Members<T> members) {
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
      Supplier<T> result = members.of(parser);
      if (parser.nextToken() != null) {
        throw invalid("something follows the JSON object");
      }
      return result.get();
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
      case OPENAI, ANTHROPIC ->
          new PromptReader(provider, route.endpoint(), route.name(), parser, text);
      case GEMINI -> new GeminiReader(provider, route, parser, text);
      case BEDROCK -> new ConverseReader(provider, route, parser, text);
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

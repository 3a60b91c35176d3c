package dev.mandate.gateway.relay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.domain.upstream.Usage;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a provider's usage object. OpenAI's and Google's counts overlap (cached tokens are part of
/// the prompt's); Anthropic's don't.
final class UsageReader {
  private static final JsonFactory JSON = new JsonFactory();

  private UsageReader() {}

  /// The numbers of the object by name, nested ones too: no two of interest share a name.
  private static @Nullable Map<String, Long> numbers(byte[] object) {
    Map<String, Long> numbers = new HashMap<>();
    try (JsonParser parser = JSON.createParser(object)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_NUMBER_INT) {
          String name = parser.currentName();
          if (name != null) {
            long number = Math.max(0, parser.getLongValue());
            // A detail never stands for a total of the same name.
            if (parser.getParsingContext().getParent().inRoot()) {
              numbers.put(name, number);
            } else {
              numbers.putIfAbsent(name, number);
            }
          }
        }
      }
      return numbers;
    } catch (JsonProcessingException e) {
      // Not a usage that we know: the call settles as one without.
      return null;
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory failed", e);
    }
  }

  /// Null when there are no token counts in it.
  ///
  /// @param generates whether the endpoint makes output, so that a usage without any is not whole
  static @Nullable Usage openAi(byte[] object, boolean generates) {
    Map<String, Long> numbers = numbers(object);
    if (numbers == null) {
      return null;
    }
    Long input = first(numbers, "prompt_tokens", "input_tokens");
    Long made = first(numbers, "completion_tokens", "output_tokens");
    if (input == null || (made == null && generates)) {
      return null;
    }
    long output = orZero(made);
    long cached = Math.min(input, orZero(numbers.get("cached_tokens")));
    long written = Math.min(input - cached, orZero(numbers.get("cache_write_tokens")));
    return new Usage(input - cached - written, cached, written, 0, output);
  }

  /// Of an image or of sound: tokens, or the seconds that were heard (`type` is `duration`). Null
  /// when there is neither.
  static @Nullable Usage media(byte[] object) {
    long[] counts = {-1, -1, 0, 0};
    try (JsonParser parser = JSON.createParser(object)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isNumeric() && parser.currentName() != null) {
          String inside = parser.getParsingContext().getParent().getCurrentName();
          count(inside, parser.currentName(), parser.getDoubleValue(), counts);
        }
      }
    } catch (JsonProcessingException e) {
      // Not a usage that we know: the call settles as one without.
      return null;
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory failed", e);
    }
    long media = Math.min(Math.max(0, counts[0]), counts[2]);
    boolean tokens = counts[0] >= 0 && counts[1] >= 0;
    return !tokens && counts[3] == 0
        ? null
        : new Usage(
            tokens ? counts[0] - media : 0, 0, 0, 0, tokens ? counts[1] : 0, media, counts[3]);
  }

  private static void count(@Nullable String inside, String name, double number, long[] counts) {
    // What is charged by the second is charged by the begun one.
    long whole = (long) Math.ceil(Math.max(0, number));
    if (inside == null) {
      switch (name) {
        case "input_tokens" -> counts[0] = whole;
        case "output_tokens" -> counts[1] = whole;
        case "seconds" -> counts[3] = whole;
        default -> {
          // Sums of these.
        }
      }
    } else if (inside.startsWith("input_token")
        && (name.equals("image_tokens") || name.equals("audio_tokens"))) {
      counts[2] += whole;
    }
  }

  /// A later object overrides the counts that it has: those of a stream are cumulative.
  static @Nullable Usage anthropic(@Nullable Usage before, byte[] object) {
    Map<String, Long> numbers = numbers(object);
    if (numbers == null
        || (!numbers.containsKey("input_tokens") && !numbers.containsKey("output_tokens"))) {
      return before;
    }
    Usage old = before == null ? Usage.NONE : before;
    long input = numbers.getOrDefault("input_tokens", old.input());
    long cached = numbers.getOrDefault("cache_read_input_tokens", old.cachedInput());
    long written =
        numbers.getOrDefault(
            "cache_creation_input_tokens", old.cacheWrite() + old.cacheWriteLong());
    long writtenLong =
        Math.min(written, numbers.getOrDefault("ephemeral_1h_input_tokens", old.cacheWriteLong()));
    long output = numbers.getOrDefault("output_tokens", old.output());
    return new Usage(input, cached, written - writtenLong, writtenLong, output);
  }

  /// Bedrock's counts don't overlap, as Anthropic's.
  static @Nullable Usage bedrock(byte[] object) {
    Map<String, Long> numbers = numbers(object);
    Long input = numbers == null ? null : numbers.get("inputTokens");
    Long output = numbers == null ? null : numbers.get("outputTokens");
    return numbers == null || input == null || output == null
        ? null
        : new Usage(
            input,
            orZero(numbers.get("cacheReadInputTokens")),
            orZero(numbers.get("cacheWriteInputTokens")),
            0,
            output);
  }

  /// Google leaves out counts that are zero, and reports thoughts beside the answer's tokens.
  static @Nullable Usage gemini(byte[] object, boolean generates) {
    Map<String, Long> numbers = numbers(object);
    Long prompt = numbers == null ? null : numbers.get("promptTokenCount");
    if (numbers == null || prompt == null) {
      return null;
    }
    Long made = numbers.get("candidatesTokenCount");
    Long total = numbers.get("totalTokenCount");
    if (generates && made == null && total == null) {
      return null;
    }
    long input = prompt + orZero(numbers.get("toolUsePromptTokenCount"));
    long output = orZero(made) + orZero(numbers.get("thoughtsTokenCount"));
    long cached = Math.min(input, orZero(numbers.get("cachedContentTokenCount")));
    return new Usage(input - cached, cached, 0, 0, Math.max(output, orZero(total) - input));
  }

  private static @Nullable Long first(Map<String, Long> numbers, String name, String other) {
    Long value = numbers.get(name);
    return value == null ? numbers.get(other) : value;
  }

  private static long orZero(@Nullable Long value) {
    return value == null ? 0 : value;
  }
}

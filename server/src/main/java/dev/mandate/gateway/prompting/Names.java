package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The members of a message that Google's servers read by two names each: `lowerCamelCase`, and the
/// original `snake_case` (Protocol Buffers, "ProtoJSON format"). Both of one in an object are as
/// much a doubled member as the same name twice.
final class Names {
  private final Map<String, String> canonical = new HashMap<>();
  private final Set<String> squashed = new HashSet<>();

  private Names() {}

  static Names of(String... camelCase) {
    Names names = new Names();
    for (String name : camelCase) {
      names.canonical.put(name, name);
      names.canonical.put(snake(name), name);
      names.squashed.add(squash(name));
    }
    return names;
  }

  /// The members of one object.
  final class Walk {
    private final JsonParser parser;
    private final Set<String> seen = new HashSet<>();

    Walk(JsonParser parser) {
      this.parser = parser;
    }

    /// Goes on to the next member's value.
    ///
    /// @return the member's name in `lowerCamelCase`; null at the end of the object
    @Nullable String next() throws IOException {
      if (parser.nextToken() != JsonToken.FIELD_NAME) {
        return null;
      }
      String next = known(parser.currentName());
      parser.nextToken();
      return next;
    }

    /// @throws dev.mandate.gateway.Refusal for a name that isn't one, or the second spelling of one
    String known(String name) {
      String known = canonical.get(name);
      if (known == null) {
        throw squashed.contains(squash(name))
            ? BodyScanner.caseVariant(name)
            : BodyScanner.notAllowed(name);
      }
      if (!seen.add(known)) {
        throw BodyScanner.invalid(
            "the member '" + known + "' is there twice, in both of its spellings");
      }
      return known;
    }
  }

  Walk walk(JsonParser parser) {
    return new Walk(parser);
  }

  private static String squash(String name) {
    return name.replace("_", "").toLowerCase(Locale.ROOT);
  }

  private static String snake(String camel) {
    StringBuilder snake = new StringBuilder();
    for (int i = 0; i < camel.length(); i++) {
      char c = camel.charAt(i);
      if (Character.isUpperCase(c)) {
        snake.append('_').append(Character.toLowerCase(c));
      } else {
        snake.append(c);
      }
    }
    return snake.toString();
  }
}

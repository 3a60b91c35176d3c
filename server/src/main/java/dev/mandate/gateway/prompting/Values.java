package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/// Reads the value that a parser stands on as what it must be.
final class Values {
  private final JsonParser parser;

  Values(JsonParser parser) {
    this.parser = parser;
  }

  boolean isNull() {
    return parser.currentToken() == JsonToken.VALUE_NULL;
  }

  int offset() {
    return (int) parser.currentTokenLocation().getByteOffset();
  }

  String string(String name) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw BodyScanner.invalid("'" + name + "' must be a string");
    }
    return parser.getText();
  }

  boolean flag(String name) {
    return switch (parser.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE, VALUE_NULL -> false;
      case NOT_AVAILABLE,
          START_OBJECT,
          END_OBJECT,
          START_ARRAY,
          END_ARRAY,
          FIELD_NAME,
          VALUE_EMBEDDED_OBJECT,
          VALUE_STRING,
          VALUE_NUMBER_INT,
          VALUE_NUMBER_FLOAT ->
          throw BodyScanner.invalid("'" + name + "' must be true or false");
    };
  }

  long number(String name, long min, long max) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
        || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        || parser.getLongValue() < min
        || parser.getLongValue() > max) {
      throw BodyScanner.invalid("'" + name + "' must be a whole number from " + min + " to " + max);
    }
    return parser.getLongValue();
  }
}

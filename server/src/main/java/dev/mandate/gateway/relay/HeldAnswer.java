package dev.mandate.gateway.relay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The beginning of an answer that isn't passed on before the id in it has an owner: its first
/// event, or all of an answer in one piece.
final class HeldAnswer {
  private static final JsonFactory JSON = new JsonFactory();
  private static final byte[] END_OF_EVENT = {'\n', '\n'};

  private final boolean events;
  private final int bytesMax;
  private final Buffer held = Buffer.buffer();
  private boolean released;

  /// @param bytesMax of an event: one that is longer is passed on, and nobody owns what is in it
  HeldAnswer(boolean events, int bytesMax) {
    this.events = events;
    this.bytesMax = bytesMax;
  }

  /// Whether everything may go on.
  boolean isReleased() {
    return released;
  }

  /// Holds this back.
  ///
  /// @return the id, as soon as it can be read
  @Nullable String hold(Buffer chunk) {
    held.appendBuffer(chunk);
    if (!events) {
      return null;
    }
    int end = end(held);
    if (end < 0 && held.length() <= bytesMax) {
      return null;
    }
    String id = end < 0 ? null : inEvent(held.getString(0, end));
    released = id == null;
    return id;
  }

  private static int end(Buffer bytes) {
    for (int i = 0; i + 1 < bytes.length(); i++) {
      if (bytes.getByte(i) == END_OF_EVENT[0] && bytes.getByte(i + 1) == END_OF_EVENT[1]) {
        return i;
      }
    }
    return -1;
  }

  /// The id in an answer that has ended; null when there is none.
  @Nullable String atEnd(Buffer rest) {
    held.appendBuffer(rest);
    return id(held.toString(StandardCharsets.UTF_8), false);
  }

  private static @Nullable String inEvent(String event) {
    for (String line : event.split("\n", -1)) {
      if (line.startsWith("data:")) {
        return id(line.substring("data:".length()), true);
      }
    }
    return null;
  }

  /// Read as far as the id: what else is in an answer may be of any depth.
  static @Nullable String id(String json, boolean wrapped) {
    boolean inside = wrapped;
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (!inside && name.equals("id")) {
          return value == JsonToken.VALUE_STRING ? parser.getText() : null;
        }
        if (inside && name.equals("response") && value == JsonToken.START_OBJECT) {
          // Its members follow.
          inside = false;
        } else {
          parser.skipChildren();
        }
      }
      return null;
    } catch (JsonProcessingException e) {
      // Not an answer of this API: nothing in it is anybody's.
      return null;
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory failed", e);
    }
  }

  /// What was held; from now on everything may go on.
  Buffer release() {
    released = true;
    return held;
  }
}

package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.mandate.domain.upstream.Api;
import dev.mandate.platform.json.Json;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/// Gives the model of a body another name, for a call that goes to another upstream. The body was
/// scanned before, and is scanned again as that upstream's.
public final class ModelName {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String MEMBER = "model";

  private ModelName() {}

  /// @param api that it is sent in; Google's has the name in the path
  public static Buffer replaced(Buffer body, Api api, String name) {
    if (api == Api.GEMINI) {
      return body;
    }
    String written = Json.write(Json.tree(name));
    try (JsonParser parser = JSON.createParser(body.getBytes())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalStateException("a scanned body is an object");
      }
      BodyEdits edits = new BodyEdits((int) parser.currentTokenLocation().getByteOffset() + 1);
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean found = parser.currentName().equals(MEMBER);
        parser.nextToken();
        if (found) {
          int from = (int) parser.currentTokenLocation().getByteOffset();
          parser.finishToken();
          int to = (int) parser.currentLocation().getByteOffset();
          return edits.model(from, to, written).apply(body);
        }
        parser.skipChildren();
      }
      return edits.model(written).apply(body);
    } catch (IOException e) {
      throw new IllegalStateException("a scanned body is JSON", e);
    }
  }
}

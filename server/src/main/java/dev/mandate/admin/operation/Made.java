package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.crypto.Secret;
import java.util.Map;

/// What an operation made or did.
///
/// @param json the thing as reading it gives it, with its `id`
/// @param shownOnce secrets that this answer alone has, by member
public record Made(ObjectNode json, Map<String, Secret> shownOnce) {
  public Made {
    shownOnce = Map.copyOf(shownOnce);
  }

  public static Made of(ObjectNode json) {
    return new Made(json, Map.of());
  }

  String id() {
    return json.required("id").asText();
  }

  ObjectNode whole() {
    ObjectNode whole = json.deepCopy();
    shownOnce.forEach((member, secret) -> whole.put(member, secret.reveal()));
    return whole;
  }
}

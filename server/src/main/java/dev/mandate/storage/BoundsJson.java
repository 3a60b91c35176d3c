package dev.mandate.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.net.AddressRange;
import java.util.ArrayList;
import java.util.List;

/// The bounds of a key as they stand in a column; what is absent is not bounded.
final class BoundsJson {
  private BoundsJson() {}

  static String write(KeyBounds bounds) {
    ObjectNode node = Json.object();
    if (!bounds.access().isEmpty()) {
      node.set("access", Json.parse(AccessJson.writeTerms(bounds.access())));
    }
    if (!bounds.limits().equals(Limits.NONE)) {
      node.set("limits", AuthorizationDetails.writeLimits(bounds.limits()));
    }
    if (!bounds.addresses().isEmpty()) {
      ArrayNode addresses = node.putArray("addresses");
      bounds.addresses().forEach(range -> addresses.add(range.toString()));
    }
    if (!bounds.tags().isEmpty()) {
      node.put("tags", bounds.tags());
    }
    return Json.write(node);
  }

  static KeyBounds read(String json) {
    JsonNode node = Json.parse(json);
    List<LlmTerms> access =
        node.has("access") ? AccessJson.readTerms(Json.write(node.required("access"))) : List.of();
    List<AddressRange> addresses = new ArrayList<>();
    node.path("addresses").forEach(text -> addresses.add(AddressRange.parse(text.asText())));
    return new KeyBounds(
        access, AccessJson.limits(node.path("limits")), addresses, node.path("tags").asText());
  }
}

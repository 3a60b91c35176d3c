package dev.mandate.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Access and terms as they stand in columns: like `authorization_details`, but exact (instants and
/// durations in milliseconds, an absent part stays absent).
final class AccessJson {
  private AccessJson() {}

  static String writeTerms(List<LlmTerms> terms) {
    ArrayNode array = Json.object().arrayNode();
    for (LlmTerms one : terms) {
      ObjectNode node = Json.object().put("upstream", one.upstream());
      if (one.models() != null) {
        new TreeSet<>(one.models()).forEach(node.putArray("models")::add);
      }
      if (one.capabilities() != null) {
        writeCapabilities(node, one.capabilities());
      }
      node.set("limits", AuthorizationDetails.writeLimits(one.limits()));
      if (one.expiresIn() != null) {
        node.put("expires_in_millis", one.expiresIn().toMillis());
      }
      writeCategories(node, one.categories());
      array.add(node);
    }
    return Json.write(array);
  }

  static List<LlmTerms> readTerms(String json) {
    List<LlmTerms> terms = new ArrayList<>();
    for (JsonNode node : Json.parse(json)) {
      JsonNode expiresIn = node.get("expires_in_millis");
      terms.add(
          new LlmTerms(
              node.required("upstream").asText(),
              node.has("models") ? models(node) : null,
              node.has("capabilities") ? readCapabilities(node) : null,
              limits(node.required("limits")),
              expiresIn == null ? null : Duration.ofMillis(expiresIn.asLong()),
              categories(node)));
    }
    return terms;
  }

  static String writeAccess(List<LlmAccess> access) {
    ArrayNode array = Json.object().arrayNode();
    for (LlmAccess one : access) {
      ObjectNode node = Json.object().put("upstream", one.upstream());
      one.models().forEach(node.putArray("models")::add);
      writeCapabilities(node, one.capabilities());
      node.set("limits", AuthorizationDetails.writeLimits(one.limits()));
      writeCategories(node, one.categories());
      node.put("expires_at", one.expiresAt().toEpochMilli());
      array.add(node);
    }
    return Json.write(array);
  }

  static List<LlmAccess> readAccess(String json) {
    List<LlmAccess> access = new ArrayList<>();
    for (JsonNode node : Json.parse(json)) {
      access.add(
          new LlmAccess(
              node.required("upstream").asText(),
              new TreeSet<>(models(node)),
              readCapabilities(node),
              limits(node.required("limits")),
              categories(node),
              Instant.ofEpochMilli(node.required("expires_at").asLong())));
    }
    return access;
  }

  private static void writeCategories(ObjectNode node, @Nullable Set<String> categories) {
    if (categories != null) {
      new TreeSet<>(categories).forEach(node.putArray("prompt_categories")::add);
    }
  }

  private static @Nullable Set<String> categories(JsonNode node) {
    JsonNode names = node.get("prompt_categories");
    if (names == null) {
      return null;
    }
    Set<String> categories = new LinkedHashSet<>();
    names.forEach(name -> categories.add(name.asText()));
    return categories;
  }

  static void writeCapabilities(ObjectNode node, Collection<Capability> capabilities) {
    capabilities.stream()
        .map(Capability::wire)
        .sorted()
        .forEach(node.putArray("capabilities")::add);
  }

  static Set<Capability> readCapabilities(JsonNode node) {
    Set<Capability> capabilities = new LinkedHashSet<>();
    for (JsonNode wire : node.required("capabilities")) {
      Capability capability = Capability.ofWire(wire.asText());
      if (capability == null) {
        throw new StorageException(
            "a stored capability is '%s', expected any of %s"
                .formatted(wire.asText(), Capability.wires()));
      }
      capabilities.add(capability);
    }
    return capabilities;
  }

  private static Set<String> models(JsonNode node) {
    Set<String> models = new LinkedHashSet<>();
    node.required("models").forEach(model -> models.add(model.asText()));
    return models;
  }

  static Limits limits(JsonNode node) {
    return AuthorizationDetails.readLimits(node);
  }
}

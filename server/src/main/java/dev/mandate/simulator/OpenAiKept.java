package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What OpenAI keeps for an account: everyone who has one of its keys reaches all of it, as there.
final class OpenAiKept {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /// By account, kind (the first segment of the path) and id.
  private final Map<String, Map<String, Map<String, ObjectNode>>> kept = new HashMap<>();

  /// Items of conversations and of answers' inputs, by the id of what they are in.
  private final Map<String, List<ObjectNode>> items = new HashMap<>();

  private int made;

  void clear() {
    kept.clear();
    items.clear();
  }

  Map<String, ObjectNode> of(Exchange exchange, String kind) {
    return kept.computeIfAbsent(exchange.keyLabel(), _ -> new HashMap<>())
        .computeIfAbsent(kind, _ -> new LinkedHashMap<>());
  }

  /// Whether the path is one of these.
  boolean handle(Exchange exchange) {
    String[] path = exchange.path().substring(1).split("/", -1);
    if (path.length < 2 || !path[0].equals("v1")) {
      return false;
    }
    HttpMethod method = exchange.request().method();
    String call = method + " " + path.length;
    switch (path[1]) {
      case "responses" -> {
        switch (call) {
          case "GET 3" -> exchange.send(found(exchange, "responses", path[2]));
          case "DELETE 3" -> exchange.send(removed(exchange, "responses", path[2], "response"));
          case "GET 4" -> {
            var _ = found(exchange, "responses", path[2]);
            exchange.send(list(items.getOrDefault(path[2], List.of())));
          }
          default -> {
            return false;
          }
        }
      }
      case "conversations" -> {
        return conversations(exchange, call, path);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean conversations(Exchange exchange, String call, String[] path) {
    switch (call) {
      case "POST 2" -> {
        exchange.parseBody();
        ObjectNode one = newObject("conv_", "conversation", exchange);
        one.set("metadata", metadata(exchange.body()));
        add(one.path("id").asText(), exchange.body().path("items"));
        of(exchange, "conversations").put(one.path("id").asText(), one);
        exchange.send(one);
      }
      case "GET 3" -> exchange.send(found(exchange, "conversations", path[2]));
      case "POST 3" -> {
        ObjectNode one = found(exchange, "conversations", path[2]);
        exchange.parseBody();
        one.set("metadata", metadata(exchange.body()));
        exchange.send(one);
      }
      case "DELETE 3" ->
          exchange.send(removed(exchange, "conversations", path[2], "conversation.deleted"));
      case "GET 4" -> {
        var _ = found(exchange, "conversations", path[2]);
        exchange.send(list(items.getOrDefault(path[2], List.of())));
      }
      case "POST 4" -> {
        var _ = found(exchange, "conversations", path[2]);
        exchange.parseBody();
        exchange.send(list(add(path[2], exchange.body().path("items"))));
      }
      case "GET 5", "DELETE 5" -> {
        ObjectNode conversation = found(exchange, "conversations", path[2]);
        ObjectNode item =
            items.getOrDefault(path[2], List.of()).stream()
                .filter(i -> i.path("id").asText().equals(path[4]))
                .findFirst()
                .orElseThrow(() -> missing("Item", path[4]));
        if (call.startsWith("DELETE")) {
          items.getOrDefault(path[2], new ArrayList<>()).remove(item);
        }
        exchange.send(call.startsWith("GET") ? item : conversation);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static JsonNode metadata(JsonNode body) {
    JsonNode metadata = body.path("metadata");
    return metadata.isObject() ? metadata : NODES.objectNode();
  }

  ObjectNode newObject(String prefix, String object, Exchange exchange) {
    return NODES
        .objectNode()
        .put("id", prefix + "sim%06d".formatted(++made))
        .put("object", object)
        .put("created_at", exchange.createdSeconds());
  }

  List<ObjectNode> add(String in, JsonNode input) {
    List<ObjectNode> added = new ArrayList<>();
    for (JsonNode one : input) {
      ObjectNode item = one.deepCopy();
      item.put("id", "msg_sim%06d".formatted(++made));
      if (!item.has("type")) {
        item.put("type", "message");
      }
      item.put("status", "completed");
      if (item.path("content").isTextual()) {
        String text = item.path("content").asText();
        item.putArray("content").addObject().put("type", "input_text").put("text", text);
      }
      added.add(item);
    }
    items.computeIfAbsent(in, _ -> new ArrayList<>()).addAll(added);
    return added;
  }

  /// Whatever the account has of this id.
  ObjectNode found(Exchange exchange, String kind, String id) {
    ObjectNode one = of(exchange, kind).get(id);
    if (one == null) {
      throw missing(kind, id);
    }
    return one;
  }

  @Nullable ObjectNode find(Exchange exchange, String kind, String id) {
    return of(exchange, kind).get(id);
  }

  private static Refusal missing(String what, String id) {
    return new Refusal(404, "invalid_request_error", null, "id", what + " '" + id + "' not found.");
  }

  ObjectNode removed(Exchange exchange, String kind, String id, String object) {
    var _ = found(exchange, kind, id);
    of(exchange, kind).remove(id);
    items.remove(id);
    return NODES.objectNode().put("id", id).put("object", object).put("deleted", true);
  }

  static ObjectNode list(List<ObjectNode> data) {
    ObjectNode list = NODES.objectNode().put("object", "list");
    ArrayNode array = list.putArray("data");
    data.forEach(array::add);
    list.put("first_id", data.isEmpty() ? null : data.getFirst().path("id").asText());
    list.put("last_id", data.isEmpty() ? null : data.getLast().path("id").asText());
    return list.put("has_more", false);
  }
}

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

  /// Texts of files, by id.
  private final Map<String, String> contents = new HashMap<>();

  private int made;

  void clear() {
    kept.clear();
    items.clear();
    contents.clear();
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
      case "files" -> {
        return files(exchange, call, path);
      }
      case "vector_stores" -> {
        return vectorStores(exchange, call, path);
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
        findFiles(exchange);
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

  /// Refuses a prompt that names a file which the account doesn't have.
  void findFiles(Exchange exchange) {
    for (JsonNode id : exchange.body().findValues("file_id")) {
      var _ = found(exchange, "files", id.asText());
    }
  }

  private boolean files(Exchange exchange, String call, String[] path) {
    switch (call) {
      case "POST 2" -> {
        Form form = Form.read(exchange);
        ObjectNode file = newObject("file-", "file", exchange);
        file.put("bytes", form.fileBytes())
            .put("filename", "file")
            .put("purpose", form.fields().path("purpose").asText())
            .put("status", "processed");
        of(exchange, "files").put(file.path("id").asText(), file);
        contents.put(file.path("id").asText(), form.content());
        exchange.send(file);
      }
      case "GET 2" -> exchange.send(list(List.copyOf(of(exchange, "files").values())));
      case "GET 3" -> exchange.send(found(exchange, "files", path[2]));
      case "DELETE 3" -> exchange.send(removed(exchange, "files", path[2], "file"));
      case "GET 4" -> {
        var _ = found(exchange, "files", path[2]);
        exchange.putHeaders("application/octet-stream");
        exchange.response().end(contents.getOrDefault(path[2], ""));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean vectorStores(Exchange exchange, String call, String[] path) {
    String kind = "vector_stores";
    switch (call) {
      case "POST 2" -> {
        exchange.parseBody();
        ObjectNode store = newObject("vs_", "vector_store", exchange);
        store.put("name", exchange.body().path("name").asText()).put("status", "completed");
        store.put("usage_bytes", 0).put("last_active_at", exchange.createdSeconds());
        store
            .putObject("file_counts")
            .put("in_progress", 0)
            .put("completed", 0)
            .put("failed", 0)
            .put("cancelled", 0)
            .put("total", 0);
        store.set("metadata", metadata(exchange.body()));
        for (JsonNode file : exchange.body().path("file_ids")) {
          var _ = found(exchange, "files", file.asText());
        }
        of(exchange, kind).put(store.path("id").asText(), store);
        exchange.send(store);
      }
      case "GET 2" -> exchange.send(list(List.copyOf(of(exchange, kind).values())));
      case "GET 3" -> exchange.send(found(exchange, kind, path[2]));
      case "POST 3" -> {
        ObjectNode store = found(exchange, kind, path[2]);
        exchange.parseBody();
        store.put("name", exchange.body().path("name").asText(store.path("name").asText()));
        exchange.send(store);
      }
      case "DELETE 3" -> exchange.send(removed(exchange, kind, path[2], "vector_store.deleted"));
      default -> {
        return inVectorStore(exchange, call, path);
      }
    }
    return true;
  }

  private boolean inVectorStore(Exchange exchange, String call, String[] path) {
    if (path.length < 4) {
      return false;
    }
    var _ = found(exchange, "vector_stores", path[2]);
    List<ObjectNode> files = items.computeIfAbsent(path[2], _ -> new ArrayList<>());
    switch (call + " " + path[3]) {
      case "POST 4 search" -> {
        exchange.parseBody();
        ObjectNode page = list(List.of()).put("object", "vector_store.search_results.page");
        page.putArray("search_query").add(exchange.body().path("query").asText());
        exchange.send(page.putNull("next_page"));
      }
      case "POST 4 files" -> {
        exchange.parseBody();
        String id = exchange.body().path("file_id").asText();
        var _ = found(exchange, "files", id);
        ObjectNode file =
            NODES
                .objectNode()
                .put("id", id)
                .put("object", "vector_store.file")
                .put("created_at", exchange.createdSeconds())
                .put("vector_store_id", path[2])
                .put("status", "completed")
                .put("usage_bytes", 0)
                .putNull("last_error");
        files.add(file);
        exchange.send(file);
      }
      case "GET 4 files" -> exchange.send(list(files));
      case "GET 5 files", "POST 5 files", "DELETE 5 files", "GET 6 files" -> {
        ObjectNode file =
            files.stream()
                .filter(one -> one.path("id").asText().equals(path[4]))
                .findFirst()
                .orElseThrow(() -> missing("File", path[4]));
        if (call.startsWith("DELETE")) {
          files.remove(file);
          exchange.send(
              NODES
                  .objectNode()
                  .put("id", path[4])
                  .put("object", "vector_store.file.deleted")
                  .put("deleted", true));
        } else {
          exchange.send(file);
        }
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

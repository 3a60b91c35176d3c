package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.cli.admin.AdminOperation.Kind;
import dev.mandate.cli.admin.AdminOperation.Member;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The admin API's OpenAPI document, read as commands.
///
/// A path is a chain of collections and ids; what follows an id and can't be read is a verb of the
/// thing before it (`/clients/{client_id}/rotate-secret` is `client rotate-secret ID`).
final class AdminDocument {
  private static final String RESOURCE = "openapi.json";
  private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");

  /// Where a path reads badly as a command.
  private static final Map<String, String> VERBS =
      Map.of(
          "get /budgets/tenant", "show-tenant",
          "put /budgets/tenant", "set-tenant",
          "delete /budgets/tenant", "delete-tenant",
          "post /users/{user_id}/password", "set-password",
          "post /tenants/{tenant_id}/api_key", "create-key",
          "post /upstreams/{upstream_id}/credentials", "add",
          "delete /upstreams/{upstream_id}/credentials/{credential_id}", "remove",
          // The one at whose issuer the command is: `tenant show ID` is of the server's operator.
          "get /tenant", "show-own",
          "patch /tenant", "update-own");

  private static final Map<String, String> NOUNS =
      Map.of("api-keys", "key", "api_keys", "key", "audit", "audit");

  private final JsonNode document;

  private AdminDocument(JsonNode document) {
    this.document = document;
  }

  /// The one that this build of the server answers with.
  static AdminDocument packaged() {
    try (InputStream in = AdminDocument.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is not in the jar");
      }
      return new AdminDocument(Json.parse(in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<AdminOperation> operations() {
    List<AdminOperation> operations = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (String method : METHODS) {
        JsonNode operation = path.getValue().get(method);
        if (operation != null && !path.getKey().equals("/openapi.json")) {
          operations.add(operation(path.getKey(), path.getValue(), method, operation));
        }
      }
    }
    return operations;
  }

  private AdminOperation operation(String path, JsonNode item, String method, JsonNode operation) {
    String[] segments = path.substring(1).split("/", -1);
    int last = segments.length - 1;
    boolean ofThing =
        last > 0
            && !segments[last].startsWith("{")
            && (!item.has("get") || !segments[last - 1].startsWith("{"));
    int place = ofThing ? last - 1 : last;
    while (segments[place].startsWith("{")) {
      place--;
    }
    String verb =
        ofThing ? verbOf(method, segments[last]) : verb(method, segments[last], operation);
    if (place > 0 && !segments[place - 1].startsWith("{")) {
      // A kind of the collection before it: `/budgets/user/{user_id}` is `budget show-user ID`.
      verb += "-" + segments[place];
      place--;
    }
    verb = VERBS.getOrDefault(method + " " + path, verb);
    String noun = noun(segments[place]);
    boolean needsTag = hasHeader(operation, "If-Match", true);
    return new AdminOperation(
        noun,
        verb,
        method.toUpperCase(Locale.ROOT),
        path,
        operation.path("summary").asText(),
        ids(segments),
        filters(operation),
        body(operation),
        mediaType(operation),
        needsTag ? readable(path) : null,
        hasHeader(operation, "Idempotency-Key", false));
  }

  /// The nearest path upwards that can be read.
  private String readable(String path) {
    String at = path;
    while (!document.path("paths").path(at).has("get")) {
      at = at.substring(0, at.lastIndexOf('/'));
    }
    return at;
  }

  private static String noun(String collection) {
    String known = NOUNS.get(collection);
    if (known != null) {
      return known;
    }
    String singular =
        collection.endsWith("s") ? collection.substring(0, collection.length() - 1) : collection;
    return singular.replace('_', '-');
  }

  private static String verbOf(String method, String segment) {
    String name = segment.replace('_', '-');
    return switch (method) {
      case "put", "patch" -> "set-" + name;
      case "delete" -> "delete-" + name;
      default -> name;
    };
  }

  private String verb(String method, String segment, JsonNode operation) {
    return switch (method) {
      case "get" -> isPage(operation) && !segment.startsWith("{") ? "list" : "show";
      case "post" -> "create";
      case "put" -> "set";
      case "patch" -> "update";
      default -> "delete";
    };
  }

  private boolean isPage(JsonNode operation) {
    JsonNode schema =
        resolved(
            operation
                .path("responses")
                .path("200")
                .path("content")
                .path("application/json")
                .path("schema"));
    return schema.path("properties").has("items");
  }

  private static List<String> ids(String[] segments) {
    List<String> ids = new ArrayList<>();
    for (String segment : segments) {
      if (segment.startsWith("{")) {
        ids.add(segment.substring(1, segment.length() - 1));
      }
    }
    return ids;
  }

  private List<Member> filters(JsonNode operation) {
    List<Member> filters = new ArrayList<>();
    for (JsonNode parameter : operation.path("parameters")) {
      if (parameter.path("in").asText().equals("query")) {
        filters.add(
            new Member(
                parameter.path("name").asText(),
                Kind.TEXT,
                parameter.path("description").asText(),
                false));
      }
    }
    return filters;
  }

  private static boolean hasHeader(JsonNode operation, String name, boolean required) {
    for (JsonNode parameter : operation.path("parameters")) {
      if (parameter.path("in").asText().equals("header")
          && parameter.path("name").asText().equals(name)
          && (!required || parameter.path("required").asBoolean())) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable String mediaType(JsonNode operation) {
    return operation
        .path("requestBody")
        .path("content")
        .propertyStream()
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(null);
  }

  private List<Member> body(JsonNode operation) {
    String type = mediaType(operation);
    List<Member> members = new ArrayList<>();
    if (type != null) {
      JsonNode schema =
          resolved(operation.path("requestBody").path("content").path(type).path("schema"));
      schema
          .path("properties")
          .properties()
          .forEach(member -> members.add(member(member.getKey(), resolved(member.getValue()))));
    }
    return members;
  }

  private Member member(String name, JsonNode schema) {
    return new Member(
        name,
        kind(schema),
        schema.path("description").asText(),
        schema.path("writeOnly").asBoolean());
  }

  private Kind kind(JsonNode schema) {
    String type = type(schema);
    return switch (type) {
      case "string" -> Kind.TEXT;
      case "integer", "number" -> Kind.NUMBER;
      case "boolean" -> Kind.FLAG;
      case "array" ->
          type(resolved(schema.path("items"))).equals("string") ? Kind.TEXTS : Kind.JSON;
      default -> Kind.JSON;
    };
  }

  /// The first that isn't null, where there are several.
  private static String type(JsonNode schema) {
    JsonNode type = schema.path("type");
    if (!type.isArray()) {
      return type.asText();
    }
    return type.valueStream()
        .map(JsonNode::asText)
        .filter(one -> !one.equals("null"))
        .findFirst()
        .orElse("");
  }

  /// Without its `$ref`; of `anyOf` the first, for the others only say that it may be null.
  private JsonNode resolved(JsonNode schema) {
    JsonNode at = schema.has("anyOf") ? schema.path("anyOf").path(0) : schema;
    String reference = at.path("$ref").asText();
    return reference.isEmpty() ? at : document.at(reference.substring(1));
  }
}

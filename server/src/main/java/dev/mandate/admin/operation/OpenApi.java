package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The OpenAPI 3.1 document, written from the operations' declarations and from nothing else.
///
/// Components are the schemas that have a name; a `links` entry of each 201 says how the thing that
/// was made is read, changed and removed, so that a client driven by the document alone can follow.
final class OpenApi {
  static final String VERSION = "3.1.0";
  private static final String PROBLEM_JSON = "application/problem+json";

  private final List<Operation> operations;
  private final ObjectNode document;

  OpenApi(List<Operation> operations) {
    this.operations = operations;
    this.document = write();
  }

  /// The document for one tenant: it names that tenant's addresses.
  ObjectNode at(Issuer issuer) {
    ObjectNode own = document.deepCopy();
    own.putArray("servers").addObject().put("url", issuer.url(AdminScope.RESOURCE));
    ObjectNode schemes = ((ObjectNode) own.required("components")).putObject("securitySchemes");
    schemes
        .putObject("bearer_key")
        .put("type", "http")
        .put("scheme", "bearer")
        .put("description", "An API key of the tenant, or an access token.");
    schemes
        .putObject("header_key")
        .put("type", "apiKey")
        .put("in", "header")
        .put("name", "X-API-Key");
    ObjectNode flows =
        schemes
            .putObject("oauth")
            .put("type", "oauth2")
            .put("description", "Access tokens for the resource " + issuer.url(AdminScope.RESOURCE))
            .putObject("flows");
    flow(flows.putObject("authorizationCode"), issuer)
        .put("authorizationUrl", issuer.url("/oauth/authorize"));
    flow(flows.putObject("clientCredentials"), issuer);
    return own;
  }

  private static ObjectNode flow(ObjectNode flow, Issuer issuer) {
    flow.put("tokenUrl", issuer.url("/oauth/token"));
    ObjectNode scopes = flow.putObject("scopes");
    for (AdminScope scope : AdminScope.values()) {
      scopes.put(scope.wire(), scope.isRead() ? "Look" : "Change");
    }
    return flow;
  }

  private ObjectNode write() {
    ObjectNode root = Json.object().put("openapi", VERSION);
    root.put("jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema");
    root.putObject("info")
        .put("title", "Mandate admin API")
        .put("version", "1")
        .put(
            "description",
            "Everything that a tenant's administrators manage. Errors are RFC 9457 problems whose"
                + " code is stable; changes need If-Match; a POST may carry an Idempotency-Key and"
                + " then be sent again; lists are pages with an opaque cursor.");
    ObjectNode schemas = Json.object();
    ObjectNode paths = root.putObject("paths");
    for (Operation operation : operations) {
      ObjectNode item =
          paths.get(operation.path()) instanceof ObjectNode known
              ? known
              : path(paths.putObject(operation.path()), operation);
      item.set(
          operation.method().toLowerCase(java.util.Locale.ROOT), operation(operation, schemas));
    }
    ObjectNode self = paths.putObject("/openapi.json").putObject("get");
    self.put("operationId", "readOpenApi").put("summary", "This document").putArray("security");
    self.putObject("responses")
        .putObject("200")
        .put("description", "This document.")
        .putObject("content")
        .putObject(Bodies.JSON)
        .putObject("schema")
        .put("type", "object");
    root.putObject("components").set("schemas", schemas);
    return root;
  }

  private static ObjectNode path(ObjectNode item, Operation operation) {
    ArrayNode parameters = Json.object().arrayNode();
    for (String name : operation.pathParameters()) {
      ObjectNode parameter = parameter(parameters, "path", name, "The `id` of what is meant.");
      parameter.put("required", true);
      parameter.putObject("schema").put("type", "string").put("minLength", 1);
    }
    if (!parameters.isEmpty()) {
      item.set("parameters", parameters);
    }
    return item;
  }

  private static ObjectNode parameter(
      ArrayNode parameters, String in, String name, String description) {
    return parameters.addObject().put("name", name).put("in", in).put("description", description);
  }

  private ObjectNode operation(Operation operation, ObjectNode schemas) {
    ObjectNode node =
        Json.object()
            .put("operationId", operation.id())
            .put("summary", operation.summary())
            .put("description", "Needs the scope `" + operation.scope().wire() + "`.");
    node.putArray("tags").add(operation.tag());
    ArrayNode security = node.putArray("security");
    Callers.schemes().forEach(scheme -> security.addObject().putArray(scheme));
    security.addObject().putArray("oauth").add(operation.scope().wire());
    ArrayNode parameters = parameters(operation, schemas);
    if (!parameters.isEmpty()) {
      node.set("parameters", parameters);
    }
    body(operation, node, schemas);
    node.set("responses", responses(operation, schemas));
    return node;
  }

  private static ArrayNode parameters(Operation operation, ObjectNode schemas) {
    ArrayNode parameters = Json.object().arrayNode();
    for (Parameter declared : Compiled.parameters(operation)) {
      parameter(parameters, "query", declared.name(), declared.description())
          .set("schema", reference(declared.schema().marked(), schemas));
    }
    if (operation.isRepeatable()) {
      parameter(
              parameters,
              "header",
              "Idempotency-Key",
              "With it the request may be sent again for 24 hours: it has one effect, and the"
                  + " answer is the same.")
          .putObject("schema")
          .put("type", "string")
          .put("pattern", Repeats.SYNTAX);
    }
    switch (operation.work()) {
      case Work.Changing<?> _, Work.Removing<?> _ -> ifMatch(parameters).put("required", true);
      case Work.Acting<?> _ -> ifMatch(parameters);
      case Work.Reading<?> _ ->
          parameter(parameters, "header", "If-None-Match", "An ETag: 304 when it is still that.")
              .putObject("schema")
              .put("type", "string");
      case Work.Listing _, Work.Creating _ -> {}
    }
    return parameters;
  }

  private static ObjectNode ifMatch(ArrayNode parameters) {
    ObjectNode parameter =
        parameter(
            parameters,
            "header",
            "If-Match",
            "The ETag of what you read; `*` for whatever is there.");
    parameter.putObject("schema").put("type", "string");
    return parameter;
  }

  private static void body(Operation operation, ObjectNode node, ObjectNode schemas) {
    switch (operation.work()) {
      case Work.Creating(var schema, var _, var _) -> body(node, schema, schemas, Bodies.JSON);
      case Work.Changing<?>(var _, var schema, var merges, var _, var _) -> {
        if (merges) {
          Schema patch = schema.patch(schema.name() + "Patch");
          body(node, patch, schemas, Bodies.MERGE_PATCH, Bodies.JSON);
        } else {
          body(node, schema, schemas, Bodies.JSON);
        }
      }
      case Work.Acting<?>(var _, var schema, var _, var _) -> {
        if (schema != null) {
          body(node, schema, schemas, Bodies.JSON);
        }
      }
      case Work.Listing _, Work.Reading<?> _, Work.Removing<?> _ -> {}
    }
  }

  private static void body(ObjectNode node, Schema schema, ObjectNode schemas, String... types) {
    ObjectNode body = node.putObject("requestBody").put("required", true);
    ObjectNode content = body.putObject("content");
    for (String type : types) {
      content.putObject(type).set("schema", reference(schema.marked(), schemas));
    }
  }

  private ObjectNode responses(Operation operation, ObjectNode schemas) {
    ObjectNode responses = Json.object();
    switch (operation.work()) {
      case Work.Listing(var item, var _) ->
          success(responses, "200", "A page.", pageOf(item), schemas);
      case Work.Reading<?>(var single) -> {
        tagged(success(responses, "200", "As it is.", single.answer(), schemas));
        tagged(responses.putObject("304").put("description", "As you know it."));
      }
      case Work.Creating(var _, var answer, var _) -> {
        ObjectNode made = success(responses, "201", "Made.", answer, schemas);
        tagged(made);
        header(made, "Location", "Where it is.");
        header(made, "Idempotency-Replayed", "`true`: the answer of a request before.");
        links(made, operation);
      }
      case Work.Changing<?>(var single, var _, var _, var _, var _) ->
          tagged(success(responses, "200", "As it is now.", single.answer(), schemas));
      case Work.Removing<?> _ -> responses.putObject("204").put("description", "Gone.");
      case Work.Acting<?>(var _, var _, var answer, var _) -> {
        ObjectNode done = success(responses, "200", "Done.", answer, schemas);
        tagged(done);
        header(done, "Idempotency-Replayed", "`true`: the answer of a request before.");
      }
    }
    problems(responses, operation, schemas);
    return responses;
  }

  static Schema pageOf(Schema item) {
    return Schema.answer(item.name() + "Page", "A stretch of a list.")
        .with("items", Schema.array(item, Page.LIMIT_MAX))
        .maybe(
            "next_cursor",
            Schema.string(1, Cursor.CHARACTERS_MAX)
                .describe("Send it as `cursor` for the next page; absent on the last."));
  }

  private static ObjectNode success(
      ObjectNode responses, String status, String description, Schema schema, ObjectNode schemas) {
    ObjectNode response = responses.putObject(status).put("description", description);
    response
        .putObject("content")
        .putObject(Bodies.JSON)
        .set("schema", reference(schema.marked(), schemas));
    return response;
  }

  private static void tagged(ObjectNode response) {
    header(response, "ETag", "Changes when it changes.");
  }

  private static void header(ObjectNode response, String name, String description) {
    ObjectNode headers =
        response.get("headers") instanceof ObjectNode known ? known : response.putObject("headers");
    headers
        .putObject(name)
        .put("description", description)
        .putObject("schema")
        .put("type", "string");
  }

  /// What can be done with what was made, by operation.
  private void links(ObjectNode response, Operation made) {
    ObjectNode links = Json.object();
    for (Operation other : operations) {
      String rest =
          other.path().startsWith(made.path() + "/{")
              ? other.path().substring(made.path().length() + 2)
              : "";
      if (rest.isEmpty()) {
        continue;
      }
      ObjectNode link = links.putObject(other.id()).put("operationId", other.id());
      ObjectNode parameters = link.putObject("parameters");
      for (String name : made.pathParameters()) {
        parameters.put(name, "$request.path." + name);
      }
      parameters.put(rest.substring(0, rest.indexOf('}')), "$response.body#/id");
    }
    if (!links.isEmpty()) {
      response.set("links", links);
    }
  }

  private static void problems(ObjectNode responses, Operation operation, ObjectNode schemas) {
    Map<Integer, List<Problem>> byStatus = new TreeMap<>();
    for (Problem problem : operation.allProblems()) {
      byStatus.computeIfAbsent(problem.status(), _ -> new ArrayList<>()).add(problem);
    }
    byStatus.forEach(
        (status, problems) -> {
          StringBuilder words = new StringBuilder();
          problems.forEach(
              p -> words.append("`").append(p.code()).append("`: ").append(p.title()).append(". "));
          ObjectNode response =
              responses
                  .putObject(String.valueOf(status))
                  .put("description", words.toString().strip());
          ObjectNode schema =
              response.putObject("content").putObject(PROBLEM_JSON).putObject("schema");
          ArrayNode all = schema.putArray("allOf");
          all.add(reference(Problem.schema().marked(), schemas));
          ArrayNode codes =
              all.addObject().putObject("properties").putObject("code").putArray("enum");
          problems.stream().map(Problem::code).distinct().forEach(codes::add);
          if (status == 401 || status == 403) {
            header(response, "WWW-Authenticate", "RFC 6750 §3.");
          }
          if (status == 429) {
            header(response, "Retry-After", "In seconds.");
          }
        });
  }

  /// Moves the components of a marked schema to where they belong and leaves references.
  private static JsonNode reference(JsonNode tree, ObjectNode schemas) {
    if (tree instanceof ArrayNode array) {
      ArrayNode out = Json.object().arrayNode();
      array.forEach(item -> out.add(reference(item, schemas)));
      return out;
    }
    if (!(tree instanceof ObjectNode object)) {
      return tree;
    }
    ObjectNode out = Json.object();
    for (var member : object.properties()) {
      if (!member.getKey().equals(Schema.NAME)) {
        out.set(member.getKey(), reference(member.getValue(), schemas));
      }
    }
    String name = object.path(Schema.NAME).textValue();
    if (name == null) {
      return out;
    }
    JsonNode known = schemas.get(name);
    if (known != null && !known.equals(out)) {
      throw new IllegalStateException("two schemas are named " + name);
    }
    schemas.set(name, out);
    return Json.object().put("$ref", "#/components/schemas/" + name);
  }
}

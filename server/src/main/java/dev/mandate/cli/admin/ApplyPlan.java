package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.cli.admin.AdminOperation.Member;
import dev.mandate.cli.admin.Connection.Answer;
import dev.mandate.platform.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Compares a file with what a tenant has and says what must change.
///
/// Only the members that the file names are compared. A section that the file doesn't have is left
/// alone, and so is what a section doesn't name, unless it is to be pruned.
final class ApplyPlan {
  /// In this order: clients' policies and roles' entitlements name upstreams.
  private static final List<String> COLLECTIONS = List.of("upstreams", "roles", "clients");

  private static final String BUDGETS = "budgets";

  /// Of an upstream: a file with the provider's key, added where the upstream has none.
  private static final String CREDENTIAL_FILE = "credential_file";

  private final Connection connection;
  private final boolean prune;
  private final List<AdminOperation> operations = AdminDocument.packaged().operations();
  private final List<Step> steps = new ArrayList<>();

  ApplyPlan(Connection connection, boolean prune) {
    this.connection = connection;
    this.prune = prune;
  }

  /// @throws Refused for a section or member that doesn't exist
  List<Step> of(ObjectNode file) {
    for (Map.Entry<String, JsonNode> section : file.properties()) {
      if (!COLLECTIONS.contains(section.getKey()) && !section.getKey().equals(BUDGETS)) {
        throw new Refused(
            "there is no section '%s', expected any of %s or budgets"
                .formatted(section.getKey(), COLLECTIONS));
      }
    }
    for (String collection : COLLECTIONS) {
      if (file.has(collection)) {
        entries(collection, object(file.path(collection), collection));
      }
    }
    if (file.has(BUDGETS)) {
      budgets(object(file.path(BUDGETS), BUDGETS));
    }
    return steps;
  }

  private void entries(String collection, ObjectNode wanted) {
    for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
      entry(
          collection, entry.getKey(), object(entry.getValue(), collection + "." + entry.getKey()));
    }
    if (prune) {
      for (String id : ids(collection)) {
        if (!wanted.has(id)) {
          remove(collection, id);
        }
      }
    }
  }

  private void entry(String collection, String id, ObjectNode wanted) {
    String subject = noun(collection) + " " + id;
    String path = "/" + collection + "/" + Urls.segment(id);
    JsonNode credential = wanted.remove(CREDENTIAL_FILE);
    Answer there = connection.find(path);
    if (there == null) {
      AdminOperation creation = operation("POST", "/" + collection);
      check(subject, wanted, creation.body());
      ObjectNode body = Json.object().put("id", id);
      body.setAll(wanted);
      steps.add(
          new Step(
              "create",
              subject,
              List.of(),
              "POST",
              "/" + collection,
              creation.mediaType(),
              body,
              null,
              null));
    } else {
      change(subject, path, there, wanted, operation(path(collection)));
    }
    if (credential != null) {
      credential(id, path, Path.of(credential.asText()), there == null);
    }
  }

  private static String path(String collection) {
    return "/" + collection + "/{";
  }

  /// PATCH with what differs, or PUT of what is there with the differences in it.
  private void change(
      String subject, String path, Answer there, ObjectNode wanted, AdminOperation change) {
    List<String> different = new ArrayList<>();
    for (Map.Entry<String, JsonNode> member : wanted.properties()) {
      if (!same(there.body().path(member.getKey()), member.getValue())) {
        different.add(member.getKey());
      }
    }
    if (different.isEmpty()) {
      return;
    }
    check(subject, wanted.deepCopy().retain(different), change.body());
    ObjectNode body = Json.object();
    if (change.method().equals("PUT")) {
      for (Member member : change.body()) {
        if (there.body().has(member.name())) {
          body.set(member.name(), there.body().path(member.name()));
        }
      }
    }
    different.forEach(name -> body.set(name, wanted.path(name)));
    steps.add(
        new Step(
            "change",
            subject,
            different,
            change.method(),
            path,
            change.mediaType(),
            body,
            there.tag(),
            null));
  }

  private static void check(String subject, ObjectNode wanted, List<Member> known) {
    Set<String> names = new HashSet<>(known.stream().map(Member::name).toList());
    for (Map.Entry<String, JsonNode> member : wanted.properties()) {
      if (!names.contains(member.getKey())) {
        throw new Refused(
            "%s: member '%s' can't be set, expected any of %s"
                .formatted(subject, member.getKey(), names.stream().sorted().toList()));
      }
    }
  }

  /// Lists of plain values are sets here: a server may keep them in another order.
  private static boolean same(JsonNode there, JsonNode wanted) {
    if (wanted.isNull() || wanted.isMissingNode()) {
      return there.isNull() || there.isMissingNode();
    }
    if (wanted.isArray()
        && there.isArray()
        && wanted.valueStream().allMatch(JsonNode::isValueNode)) {
      return wanted.size() == there.size()
          && new HashSet<>(wanted.valueStream().toList())
              .equals(new HashSet<>(there.valueStream().toList()));
    }
    return Json.write(Json.parse(Json.canonical(there)))
        .equals(Json.write(Json.parse(Json.canonical(wanted))));
  }

  private void credential(String id, String path, Path secretFile, boolean isNew) {
    if (!isNew && !connection.read(path + "/credentials").body().path("items").isEmpty()) {
      return;
    }
    steps.add(
        new Step(
            "add",
            "credential of upstream " + id,
            List.of(),
            "POST",
            path + "/credentials",
            operation("POST", "/upstreams/{upstream_id}/credentials").mediaType(),
            Json.object().put("secret", Documents.text(secretFile).strip()),
            null,
            null));
  }

  private void budgets(ObjectNode wanted) {
    for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
      switch (entry.getKey()) {
        case "tenant" -> budget("budget of the tenant", "/budgets/tenant", entry.getValue());
        case "users" ->
            object(entry.getValue(), "budgets.users")
                .properties()
                .forEach(
                    user ->
                        budget(
                            "budget of user " + user.getKey(),
                            "/budgets/user/" + userId(user.getKey()),
                            user.getValue()));
        case "roles" -> budgets("role", entry.getValue());
        case "clients" -> budgets("client", entry.getValue());
        case "upstreams" -> budgets("upstream", entry.getValue());
        default ->
            throw new Refused(
                "budgets has '"
                    + entry.getKey()
                    + "', expected any of [tenant, roles, users, clients, upstreams]");
      }
    }
  }

  private void budgets(String kind, JsonNode byId) {
    object(byId, "budgets." + kind + "s")
        .properties()
        .forEach(
            one ->
                budget(
                    "budget of " + kind + " " + one.getKey(),
                    "/budgets/" + kind + "/" + Urls.segment(one.getKey()),
                    one.getValue()));
  }

  private void budget(String subject, String path, JsonNode wanted) {
    AdminOperation change = operation("PUT", "/budgets/tenant");
    Answer there = connection.find(path);
    if (there != null) {
      change(subject, path, there, object(wanted, subject), change);
    } else {
      check(subject, object(wanted, subject), change.body());
      steps.add(
          new Step(
              "create", subject, List.of(), "PUT", path, change.mediaType(), wanted, "*", null));
    }
  }

  private String userId(String username) {
    JsonNode users =
        connection.read("/users?username_prefix=" + Urls.segment(username)).body().path("items");
    for (JsonNode user : users) {
      if (user.path("username").asText().equals(username)) {
        return Urls.segment(user.path("id").asText());
      }
    }
    throw new Refused("there is no user '" + username + "'");
  }

  private List<String> ids(String collection) {
    List<String> ids = new ArrayList<>();
    String cursor = "";
    do {
      JsonNode page = connection.read("/" + collection + cursor).body();
      for (JsonNode item : page.path("items")) {
        if (!item.path("built_in").asBoolean()) {
          ids.add(item.path("id").asText());
        }
      }
      String next = page.path("next_cursor").asText();
      cursor = next.isEmpty() ? "" : "?cursor=" + Urls.segment(next);
    } while (!cursor.isEmpty());
    return ids;
  }

  private void remove(String collection, String id) {
    String path = "/" + collection + "/" + Urls.segment(id);
    Answer there = connection.read(path);
    steps.add(
        new Step(
            "delete",
            noun(collection) + " " + id,
            List.of(),
            "DELETE",
            path,
            null,
            null,
            there.tag(),
            null));
  }

  private static String noun(String collection) {
    return collection.substring(0, collection.length() - 1);
  }

  private AdminOperation operation(String method, String path) {
    return operations.stream()
        .filter(one -> one.method().equals(method) && one.path().equals(path))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("the API has no " + method + " " + path));
  }

  /// What changes the things whose path begins with this.
  private AdminOperation operation(String start) {
    return operations.stream()
        .filter(one -> Set.of("PATCH", "PUT").contains(one.method()))
        .filter(one -> one.path().startsWith(start) && one.path().endsWith("}"))
        .filter(one -> one.ids().size() == 1)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("the API changes nothing at " + start));
  }

  private static ObjectNode object(@Nullable JsonNode node, String where) {
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new Refused(where + " is not an object");
  }
}

package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.cli.admin.AdminOperation.Member;
import dev.mandate.platform.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/// One run of a command of the admin API.
final class Invocation implements Callable<Integer> {
  private final AdminOperation operation;
  private @Nullable CommandSpec spec;

  Invocation(AdminOperation operation) {
    this.operation = operation;
  }

  void spec(CommandSpec own) {
    this.spec = own;
  }

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("no spec");
    }
    ParseResult given = spec.commandLine().getParseResult();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < operation.ids().size(); i++) {
      ids.add(given.<String>matchedPositionalValue(i, ""));
    }
    Connection connection =
        Connection.of(
            given.matchedOptionValue(AdminCommands.URL, null),
            given.matchedOptionValue(AdminCommands.KEY_FILE, null),
            System.getenv());
    String path = operation.path(ids) + query(given, null);
    JsonNode answer = perform(connection, given, ids, path);
    if (given.hasMatchedOption(AdminCommands.ALL)) {
      answer = withTheOtherPages(connection, given, ids, answer);
    }
    Printed.to(System.out, answer, given.hasMatchedOption(AdminCommands.JSON));
    return 0;
  }

  private JsonNode perform(
      Connection connection, ParseResult given, List<String> ids, String path) {
    String tag = null;
    if (operation.single() != null) {
      tag = connection.read(operation.filled(operation.single(), ids)).tag();
    }
    JsonNode body = operation.mediaType() == null ? null : body(given);
    return connection
        .send(
            operation.method(),
            path,
            operation.mediaType(),
            body,
            tag,
            operation.repeatable() || !operation.method().equals("POST"))
        .body();
  }

  private JsonNode withTheOtherPages(
      Connection connection, ParseResult given, List<String> ids, JsonNode first) {
    ObjectNode all = Json.object();
    ArrayNode items = all.putArray("items");
    JsonNode page = first;
    while (true) {
      page.path("items").forEach(items::add);
      String cursor = page.path("next_cursor").asText();
      if (cursor.isEmpty()) {
        return all;
      }
      page = connection.read(operation.path(ids) + query(given, cursor)).body();
    }
  }

  private String query(ParseResult given, @Nullable String cursor) {
    StringBuilder query = new StringBuilder();
    for (Member filter : operation.filters()) {
      String value =
          filter.name().equals("cursor") && cursor != null
              ? cursor
              : given.matchedOptionValue(filter.option(), null);
      if (value != null) {
        query
            .append(query.isEmpty() ? '?' : '&')
            .append(filter.name())
            .append('=')
            .append(Urls.segment(value));
      }
    }
    return query.toString();
  }

  private ObjectNode body(ParseResult given) {
    Path file = given.matchedOptionValue(AdminCommands.FILE, null);
    ObjectNode body = file == null ? Json.object() : Documents.object(file);
    for (Member member : operation.body()) {
      if (given.hasMatchedOption(member.option())) {
        body.set(member.name(), value(member, given));
      }
    }
    List<String> unset = given.matchedOptionValue(AdminCommands.UNSET, List.of());
    unset.forEach(body::putNull);
    return body;
  }

  private static JsonNode value(Member member, ParseResult given) {
    if (member.secret()) {
      Path file = given.matchedOptionValue(member.option(), Path.of("-"));
      return Json.tree(Documents.text(file).strip());
    }
    if (member.kind() == AdminOperation.Kind.TEXTS) {
      return Json.tree(given.matchedOptionValue(member.option(), List.of()));
    }
    String text = given.matchedOptionValue(member.option(), "");
    if (member.kind() == AdminOperation.Kind.TEXT) {
      return Json.tree(text);
    }
    try {
      return Json.parse(text);
    } catch (Json.MalformedJson e) {
      throw new Refused("%s is '%s', expected %s".formatted(member.option(), text, member.kind()));
    }
  }
}

package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One change that `apply` makes.
///
/// @param subject such as `client inbox`
/// @param members that it changes, by name only: some hold secrets
/// @param tag that the change was planned on; null for something new
/// @param answer what is shown once, such as a new client's secret; null before it is carried out
record Step(
    String action,
    String subject,
    List<String> members,
    String method,
    String path,
    @Nullable String mediaType,
    @Nullable JsonNode body,
    @Nullable String tag,
    @Nullable JsonNode answer) {
  private static final String SHOWN_ONCE = "client_secret";

  /// @throws Refused when the server says no, or when it was changed since it was planned
  Step carryOut(Connection connection) {
    JsonNode said = connection.send(method, path, mediaType, body, tag, true).body();
    return new Step(action, subject, members, method, path, mediaType, body, tag, said);
  }

  String line() {
    String what = members.isEmpty() ? "" : ": " + String.join(", ", members);
    String once =
        answer != null && answer.has(SHOWN_ONCE)
            ? "\n  %s (shown once) %s".formatted(SHOWN_ONCE, answer.path(SHOWN_ONCE).asText())
            : "";
    return action + " " + subject + what + once;
  }

  ObjectNode json() {
    ObjectNode json = Json.object().put("action", action).put("subject", subject);
    members.forEach(json.putArray("members")::add);
    if (answer != null && answer.has(SHOWN_ONCE)) {
      json.set(SHOWN_ONCE, answer.path(SHOWN_ONCE));
    }
    return json;
  }
}

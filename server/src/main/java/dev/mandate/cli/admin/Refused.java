package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;

/// The server, or the command itself, says no.
public final class Refused extends RuntimeException {
  Refused(String message) {
    super(message, null, false, false);
  }

  /// A problem (RFC 9457) as lines for people.
  static Refused of(int status, JsonNode problem) {
    StringBuilder text = new StringBuilder();
    text.append(status).append(' ').append(member(problem, "code"));
    text.append(": ").append(member(problem, "detail"));
    for (JsonNode error : problem.path("errors")) {
      text.append("\n  ").append(member(error, "pointer"));
      text.append(' ').append(member(error, "detail"));
    }
    text.append("\n  error id ").append(member(problem, "error_id"));
    return new Refused(text.toString());
  }

  private static String member(JsonNode node, String name) {
    return node.path(name).asText("-").replaceAll("\\p{Cntrl}", " ");
  }
}

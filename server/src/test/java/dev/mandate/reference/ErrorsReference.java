package dev.mandate.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.gateway.Refusal;
import dev.mandate.oauth.OAuthError;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `errors.md`: every code that an answer can carry.
final class ErrorsReference {
  private static final String HEAD =
      """
      # Errors

      Every answer with an error carries the request's id (`error_id`, `request_id` or header `x-request-id`): the log has it
      too. Codes never change their meaning; messages may.

      ## Authorization server

      JSON `{"error", "error_description", "error_id"}` (RFC 6749 §5.2), or the same as parameters of the redirect (§4.1.2.1).

      """;

  private static final String GATEWAY =
      """

      ## Gateway

      In the error shape of the provider whose SDK reads it; the code is `error.code`. A provider's own errors pass as they are,
      except that its 401 and 403 become `upstream_credential_rejected`.

      """;

  private static final String ADMIN =
      """

      ## Admin API

      Problems (RFC 9457); the code is `code`.

      """;

  /// As the API's document says it, such as "`not_found`: There is no such thing in this tenant."
  private static final Pattern PROBLEM = Pattern.compile("`([a-z_]+)`: ([^`]+)\\.(?: |$)");

  private ErrorsReference() {}

  static String write(JsonNode adminDocument) {
    DocComments oauthWords = DocComments.of(OAuthError.class);
    Table oauth = new Table("Code", "Status", "When");
    for (OAuthError error : OAuthError.values()) {
      oauth.row(
          "`" + error.code() + "`",
          String.valueOf(error.status()),
          said(oauthWords, "OAuthError." + error.name()));
    }
    DocComments gatewayWords = DocComments.of(Refusal.class);
    Table gateway = new Table("Code", "Status", "When");
    for (Refusal.Code code : Refusal.Code.values()) {
      gateway.row(
          "`" + code.wire() + "`",
          String.valueOf(code.status()),
          said(gatewayWords, "Code." + code.name()));
    }
    return HEAD + oauth + GATEWAY + gateway + ADMIN + admin(adminDocument);
  }

  private static Table admin(JsonNode document) {
    SortedMap<String, List<String>> rows = new TreeMap<>();
    for (JsonNode path : document.path("paths")) {
      for (JsonNode operation : path) {
        operation
            .path("responses")
            .properties()
            .forEach(
                response -> {
                  Matcher problem =
                      PROBLEM.matcher(response.getValue().path("description").asText());
                  while (problem.find()) {
                    rows.put(
                        response.getKey() + problem.group(1),
                        List.of(problem.group(1), response.getKey(), problem.group(2)));
                  }
                });
      }
    }
    Table table = new Table("Code", "Status", "When");
    rows.values().forEach(row -> table.row("`" + row.get(0) + "`", row.get(1), row.get(2)));
    return table;
  }

  private static String said(DocComments comments, String name) {
    String text = comments.text(name);
    if (text.isEmpty()) {
      throw new IllegalStateException("say with /// when " + name + " is sent");
    }
    return text;
  }
}

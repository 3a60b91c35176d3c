package dev.mandate.reference;

import dev.mandate.gateway.Refusal;
import dev.mandate.oauth.OAuthError;

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

  private ErrorsReference() {}

  static String write() {
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
    return HEAD + oauth + GATEWAY + gateway;
  }

  private static String said(DocComments comments, String name) {
    String text = comments.text(name);
    if (text.isEmpty()) {
      throw new IllegalStateException("say with /// when " + name + " is sent");
    }
    return text;
  }
}

package dev.mandate.oauth.authorize;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.oauth.OAuthErrors;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The answer to an authorization request, carried to the client by the browser (RFC 6749 §4.1.2).
///
/// `iss` is in every one, errors included (RFC 9207 §2). The status is 303, so that a browser never
/// posts a form of ours on to the client (RFC 9700 §4.12).
public final class AuthorizationAnswer {
  private AuthorizationAnswer() {}

  public static HttpResponse code(
      Issuer issuer, String redirectUri, @Nullable String state, Secret code) {
    Map<String, String> answer = new LinkedHashMap<>();
    answer.put("code", code.reveal());
    return redirect(issuer, redirectUri, state, answer);
  }

  /// RFC 6749 §4.1.2.1.
  public static HttpResponse error(
      Issuer issuer, String redirectUri, @Nullable String state, OAuthException e) {
    Map<String, String> answer = new LinkedHashMap<>();
    answer.put("error", e.error().code());
    answer.put("error_description", OAuthErrors.printable(e.description()));
    return redirect(issuer, redirectUri, state, answer);
  }

  private static HttpResponse redirect(
      Issuer issuer, String redirectUri, @Nullable String state, Map<String, String> answer) {
    if (state != null) {
      answer.put("state", state);
    }
    answer.put("iss", issuer.url());
    // RFC 6749 §3.1.2: a query that the redirect URI has is kept.
    String joint = redirectUri.indexOf('?') < 0 ? "?" : redirectUri.endsWith("?") ? "" : "&";
    return HttpResponse.seeOther(redirectUri + joint + Parameters.encode(answer))
        .with("referrer-policy", "no-referrer")
        .noStore();
  }
}

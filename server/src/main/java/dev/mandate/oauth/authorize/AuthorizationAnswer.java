package dev.mandate.oauth.authorize;

import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.ResponseMode;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.oauth.OAuthErrors;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.html.Page;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The answer to an authorization request, carried to the client by the browser (RFC 6749 §4.1.2),
/// in the redirect URI's query or in a form that is posted there.
///
/// `iss` is in every one, errors included (RFC 9207 §2). The status of a redirect is 303, so that a
/// browser never posts a form of ours on to the client (RFC 9700 §4.12).
public final class AuthorizationAnswer {
  /// What the page shows that posts the answer.
  ///
  /// @param action where to
  public record View(String action, Map<String, String> answer) {}

  /// Where and how a client wants to be answered.
  ///
  /// @param state to be given back unchanged
  public record To(String redirectUri, @Nullable String state, ResponseMode mode) {
    public static To of(PendingAuthorization pending) {
      return new To(pending.redirectUri(), pending.state(), pending.responseMode());
    }
  }

  private final Pages pages;

  public AuthorizationAnswer(Pages pages) {
    this.pages = pages;
  }

  public HttpResponse code(Issuer issuer, To to, Secret code) {
    Map<String, String> answer = new LinkedHashMap<>();
    answer.put("code", code.reveal());
    return send(issuer, to, answer);
  }

  /// RFC 6749 §4.1.2.1.
  public HttpResponse error(Issuer issuer, To to, OAuthException e) {
    Map<String, String> answer = new LinkedHashMap<>();
    answer.put("error", e.error().code());
    answer.put("error_description", OAuthErrors.printable(e.description()));
    return send(issuer, to, answer);
  }

  private HttpResponse send(Issuer issuer, To to, Map<String, String> answer) {
    if (to.state != null) {
      answer.put("state", to.state);
    }
    answer.put("iss", issuer.url());
    return switch (to.mode) {
      case QUERY -> redirect(to.redirectUri, answer);
      case FORM_POST ->
          pages.show(
              200,
              Page.of("formpost", "Back to the app", issuer.root(), view(to, answer))
                  .leadingTo(RedirectUris.formSource(to.redirectUri))
                  .running("submit.js"));
    };
  }

  private static View view(To to, Map<String, String> answer) {
    return new View(to.redirectUri, answer);
  }

  /// RFC 6749 §3.1.2: a query that the URI has is kept.
  ///
  /// @param uri that was registered
  public static HttpResponse redirect(String uri, Map<String, String> query) {
    String joint = uri.indexOf('?') < 0 ? "?" : uri.endsWith("?") ? "" : "&";
    return HttpResponse.seeOther(query.isEmpty() ? uri : uri + joint + Parameters.encode(query))
        .with("referrer-policy", "no-referrer")
        .noStore();
  }
}

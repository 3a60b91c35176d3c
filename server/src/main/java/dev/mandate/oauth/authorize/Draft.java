package dev.mandate.oauth.authorize;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.authorization.ResponseMode;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.platform.http.Parameters;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// An authorization request on its way through the checks: each fills in what it has made sure of.
final class Draft {
  static final int STATE_CHARACTERS_MAX = 2000;

  final Issuer issuer;
  final Parameters sent;

  /// Whether the client sent it itself (RFC 9126), rather than by the browser.
  final boolean pushed;

  final @Nullable SignedIn signedIn;
  final Instant now;

  private @Nullable Client client;
  private @Nullable String redirectUri;
  private @Nullable String codeChallenge;
  @Nullable String nonce;
  @Nullable String thumbprint;
  SortedSet<String> scopes = new TreeSet<>();
  List<LlmTerms> terms = List.of();
  List<String> resources = List.of();
  @Nullable Instant authenticatedSince;

  Draft(Issuer issuer, Parameters sent, boolean pushed, @Nullable SignedIn signedIn, Instant now) {
    this.issuer = issuer;
    this.sent = sent;
    this.pushed = pushed;
    this.signedIn = signedIn;
    this.now = now;
  }

  /// The state to give back, in errors too; null when there is none that could be.
  @Nullable String state() {
    List<String> states = sent.all("state");
    return states.size() == 1
            && !states.getFirst().isEmpty()
            && states.getFirst().length() <= STATE_CHARACTERS_MAX
        ? states.getFirst()
        : null;
  }

  /// Where and how an answer goes, errors included; by redirect where a form can't be posted or the
  /// mode is none that we know.
  AuthorizationAnswer.To answerTo() {
    return new AuthorizationAnswer.To(redirectUri(), state(), responseMode());
  }

  ResponseMode responseMode() {
    List<String> modes = sent.all("response_mode");
    return modes.equals(List.of(ResponseMode.FORM_POST.wire()))
            && redirectUri != null
            && RedirectUris.isWeb(redirectUri)
        ? ResponseMode.FORM_POST
        : ResponseMode.QUERY;
  }

  void client(Client known) {
    client = known;
  }

  Client client() {
    return made(client, "client");
  }

  void redirectUri(String checked) {
    redirectUri = checked;
  }

  String redirectUri() {
    return made(redirectUri, "redirect_uri");
  }

  void codeChallenge(String checked) {
    codeChallenge = checked;
  }

  String codeChallenge() {
    return made(codeChallenge, "code_challenge");
  }

  private static <T> T made(@Nullable T value, String name) {
    if (value == null) {
      throw new IllegalStateException(name + " is read before its check has run");
    }
    return value;
  }
}

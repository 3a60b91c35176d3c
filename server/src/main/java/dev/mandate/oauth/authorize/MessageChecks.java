package dev.mandate.oauth.authorize;

import dev.mandate.domain.authorization.ResponseMode;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.pkce.Pkce;
import dev.mandate.oauth.scope.Resources;
import java.util.regex.Pattern;

/// The shape of the request.
final class MessageChecks {
  private static final int NONCE_CHARACTERS_MAX = 500;

  private static final Pattern THUMBPRINT = Pattern.compile("[A-Za-z0-9_-]{43}");

  private MessageChecks() {}

  /// RFC 6749 §3.1: a parameter is there once; RFC 8707 §2: `resource` may repeat.
  static void nothingRepeats(Draft draft) {
    for (String name : draft.sent.names()) {
      int count = draft.sent.all(name).size();
      if (count > 1 && !name.equals(Resources.PARAMETER)) {
        throw invalid(
            "parameter " + shortened(name) + " is there " + count + " times, expected once");
      }
    }
  }

  /// A state that we would not keep whole is refused rather than cut.
  static void stateIsBounded(Draft draft) {
    String state = draft.sent.one("state");
    if (state != null && state.length() > Draft.STATE_CHARACTERS_MAX) {
      throw invalid(
          "state has %d characters, expected at most %d"
              .formatted(state.length(), Draft.STATE_CHARACTERS_MAX));
    }
  }

  /// RFC 9101 §5 and §6: request objects are not supported; OpenID Connect Core §3.1.2.6 names the
  /// errors.
  static void noRequestObject(Draft draft) {
    if (draft.sent.one("request") != null) {
      throw new OAuthException(
          OAuthError.REQUEST_NOT_SUPPORTED, "the parameter request is not supported here");
    }
    if (draft.sent.one("request_uri") != null) {
      throw new OAuthException(
          OAuthError.REQUEST_URI_NOT_SUPPORTED, "the parameter request_uri is not supported here");
    }
  }

  /// RFC 6749 §3.1.1. Only `code`: the implicit grant is gone (RFC 9700 §2.1.2).
  static void responseTypeIsCode(Draft draft) {
    String type = draft.sent.one("response_type");
    if (type == null) {
      throw invalid("response_type is missing, expected 'code'");
    }
    if (!type.equals("code")) {
      throw new OAuthException(
          OAuthError.UNSUPPORTED_RESPONSE_TYPE,
          "response_type is '" + shortened(type) + "', expected 'code'");
    }
  }

  /// OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2: the answer travels in the
  /// query, or in a form where there is a page that one can be posted to.
  static void responseModeIsKnown(Draft draft) {
    String mode = draft.sent.one("response_mode");
    if (mode == null || mode.equals(draft.responseMode().wire())) {
      return;
    }
    throw invalid(
        mode.equals(ResponseMode.FORM_POST.wire())
            ? "response_mode is 'form_post', which takes an http or https redirect_uri"
            : "response_mode is '" + shortened(mode) + "', expected 'query', 'form_post' or none");
  }

  /// RFC 7636 §4.3 and §4.4.1, RFC 9700 §2.1.1: every client brings a challenge, and it is S256. An
  /// absent method would mean `plain`, so it is refused too.
  static void pkceIsThere(Draft draft) {
    String challenge = draft.sent.one("code_challenge");
    String method = draft.sent.one("code_challenge_method");
    if (challenge == null) {
      throw invalid("code_challenge is missing: PKCE with S256 is required of every client");
    }
    if (!Pkce.S256.equals(method)) {
      throw invalid(
          "code_challenge_method is "
              + (method == null ? "missing" : "'" + shortened(method) + "'")
              + ", expected 'S256'");
    }
    if (!Pkce.isChallenge(challenge)) {
      throw invalid(
          "code_challenge has %d characters, expected the 43 characters of BASE64URL(SHA256(verifier))"
              .formatted(challenge.length()));
    }
    draft.codeChallenge(challenge);
  }

  /// OpenID Connect Core §3.1.2.1: kept and given back unchanged, hence bounded.
  static void nonceIsBounded(Draft draft) {
    String nonce = draft.sent.one("nonce");
    if (nonce != null && nonce.length() > NONCE_CHARACTERS_MAX) {
      throw invalid(
          "nonce has %d characters, expected at most %d"
              .formatted(nonce.length(), NONCE_CHARACTERS_MAX));
    }
    draft.nonce = nonce;
  }

  /// RFC 9449 §10: `dpop_jkt` is the SHA-256 thumbprint of the key that will redeem the code.
  static void keyIsAThumbprint(Draft draft) {
    String thumbprint = draft.sent.one("dpop_jkt");
    if (thumbprint != null && !THUMBPRINT.matcher(thumbprint).matches()) {
      throw invalid("dpop_jkt is not the 43 characters of a SHA-256 thumbprint (RFC 7638)");
    }
    draft.thumbprint = thumbprint;
  }

  private static OAuthException invalid(String description) {
    return new OAuthException(OAuthError.INVALID_REQUEST, description);
  }

  /// What was sent, fit to be repeated in an error.
  static String shortened(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }
}

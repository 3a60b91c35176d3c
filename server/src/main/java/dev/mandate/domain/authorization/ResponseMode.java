package dev.mandate.domain.authorization;

import java.util.Locale;

/// How the answer to an authorization request reaches the client.
public enum ResponseMode {
  /// In the redirect URI's query (RFC 6749 §4.1.2).
  QUERY,
  /// In a form that the browser posts to it (OAuth 2.0 Form Post Response Mode §2).
  FORM_POST;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.mandate.oauth.token;

import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.scope.Resources;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.Parameters;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/// A token request, read once: grants never see the form. Unknown parameters are ignored (RFC 6749
/// §3.2), doubled ones refused.
///
/// @param scopes asked for; null when the request has none
/// @param resources asked for (RFC 8707 §2.2); empty when the request has none
/// @param details whether it carries `authorization_details`
record TokenRequest(
    String grantType,
    @Nullable SortedSet<String> scopes,
    List<String> resources,
    boolean details,
    @Nullable Secret code,
    @Nullable String redirectUri,
    @Nullable Secret codeVerifier,
    @Nullable Secret refreshToken,
    @Nullable Secret deviceCode) {

  /// @throws OAuthException `invalid_request`, `invalid_scope` or `invalid_target`
  static TokenRequest parse(Parameters form) {
    for (String name : form.names()) {
      if (!name.equals(Resources.PARAMETER)) {
        form.one(name);
      }
    }
    String grantType = form.one("grant_type");
    if (grantType == null) {
      throw new OAuthException(OAuthError.INVALID_REQUEST, "grant_type is missing");
    }
    String scope = form.one("scope");
    return new TokenRequest(
        grantType,
        scope == null ? null : Scopes.parse(scope),
        Resources.parse(form.all(Resources.PARAMETER)),
        form.one("authorization_details") != null,
        secret(form, "code"),
        form.one("redirect_uri"),
        secret(form, "code_verifier"),
        secret(form, "refresh_token"),
        secret(form, "device_code"));
  }

  private static @Nullable Secret secret(Parameters form, String name) {
    String value = form.one(name);
    return value == null ? null : Secret.of(value);
  }

  /// What a grant can't do without.
  static Secret required(@Nullable Secret value, String name) {
    if (value == null) {
      throw new OAuthException(OAuthError.INVALID_REQUEST, name + " is missing");
    }
    return value;
  }
}

package dev.mandate.oauth;

/// The error codes that we send, with the status that the token endpoint and its kin answer (RFC
/// 6749 §4.1.2.1 and §5.2, RFC 7009 §2.2.1, RFC 8707 §2, RFC 9396 §5, RFC 9449 §5).
public enum OAuthError {
  /// A parameter is missing, doubled, malformed or too large.
  INVALID_REQUEST("invalid_request", 400),
  /// A pushed request is larger than the limit (RFC 9126 §2.3).
  REQUEST_TOO_LARGE("invalid_request", 413),
  /// The client is unknown or disabled, or did not authenticate as registered.
  INVALID_CLIENT("invalid_client", 401),
  /// The code, refresh token or verifier is wrong, used, expired, revoked, or another client's.
  INVALID_GRANT("invalid_grant", 400),
  /// The client may not use this grant type or endpoint.
  UNAUTHORIZED_CLIENT("unauthorized_client", 400),
  /// The client or API key behaved unlike before, and an administrator must let it go on; `reason`
  /// is `caller_suspended`.
  CALLER_SUSPENDED("unauthorized_client", 400),
  /// The grant type is none that this server knows.
  UNSUPPORTED_GRANT_TYPE("unsupported_grant_type", 400),
  /// The response type is not `code`.
  UNSUPPORTED_RESPONSE_TYPE("unsupported_response_type", 400),
  /// A token of this kind cannot be revoked.
  UNSUPPORTED_TOKEN_TYPE("unsupported_token_type", 400),
  /// A scope is malformed, unknown, or more than the client or the mandate has.
  INVALID_SCOPE("invalid_scope", 400),
  /// A resource is malformed, unknown, or not covered (RFC 8707 §2).
  INVALID_TARGET("invalid_target", 400),
  /// `authorization_details` is malformed, of an unknown type, or asks for what cannot be given
  /// (RFC 9396 §5).
  INVALID_AUTHORIZATION_DETAILS("invalid_authorization_details", 400),
  /// The access token is missing, malformed, expired, revoked, or not for this (RFC 6750 §3.1).
  INVALID_TOKEN("invalid_token", 401),
  /// The access token lacks the scope that this needs (RFC 6750 §3.1).
  INSUFFICIENT_SCOPE("insufficient_scope", 403),
  /// The proof of possession is not a good one (RFC 9449 §5).
  INVALID_DPOP_PROOF("invalid_dpop_proof", 400),
  /// The proof of possession needs a nonce of ours, which the answer has (RFC 9449 §8).
  USE_DPOP_NONCE("use_dpop_nonce", 400),
  /// The same at a protected resource (RFC 9449 §7.1).
  RESOURCE_INVALID_DPOP_PROOF("invalid_dpop_proof", 401),
  /// The same at a protected resource (RFC 9449 §9).
  RESOURCE_USE_DPOP_NONCE("use_dpop_nonce", 401),
  /// The person has not answered the device's request yet (RFC 8628 §3.5).
  AUTHORIZATION_PENDING("authorization_pending", 400),
  /// The device polls too often and waits longer from now on (RFC 8628 §3.5).
  POLLED_TOO_SOON("slow_down", 400),
  /// The person denied the device's request (RFC 8628 §3.5).
  DEVICE_DENIED("access_denied", 400),
  /// The device code has expired (RFC 8628 §3.5).
  EXPIRED_TOKEN("expired_token", 400),
  /// The person, or what they may give, said no.
  ACCESS_DENIED("access_denied", 403),
  /// `prompt=none`, and nobody is signed in.
  LOGIN_REQUIRED("login_required", 400),
  /// `prompt=none`, and consent is needed.
  CONSENT_REQUIRED("consent_required", 400),
  /// `prompt=none`, and a page must be shown.
  INTERACTION_REQUIRED("interaction_required", 400),
  /// `request` objects are not taken.
  REQUEST_NOT_SUPPORTED("request_not_supported", 400),
  /// A `request_uri` that is not ours is not taken.
  REQUEST_URI_NOT_SUPPORTED("request_uri_not_supported", 400),
  /// Too many attempts; wait as `Retry-After` says.
  SLOW_DOWN("slow_down", 429),
  /// Something failed here; the id finds it in the log.
  SERVER_ERROR("server_error", 500),
  /// The server cannot answer now; try again.
  TEMPORARILY_UNAVAILABLE("temporarily_unavailable", 503);

  private final String code;
  private final int status;

  OAuthError(String code, int status) {
    this.code = code;
    this.status = status;
  }

  public String code() {
    return code;
  }

  public int status() {
    return status;
  }
}

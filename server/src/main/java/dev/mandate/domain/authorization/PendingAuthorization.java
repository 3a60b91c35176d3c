package dev.mandate.domain.authorization;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// An authorization request that passed every check and waits for a person.
///
/// @param browser hash of the cookie of the browser that brought it
/// @param redirectUri where the answer goes
/// @param redirectUriSent whether the request had it; the token request then repeats it (RFC 6749
///   §4.1.3)
/// @param state to be given back unchanged
/// @param responseMode how the answer travels
/// @param codeChallenge S256 (RFC 7636 §4.2)
/// @param nonce of an OpenID Connect request
/// @param terms asked for, each of another set of models
/// @param resources asked for (RFC 8707)
/// @param thumbprint of the key that the code will be bound to (RFC 9449 §10); null for none
/// @param userCode that the device shows which asked (RFC 8628); null for a request that a browser
///   brought. A device's has no PKCE, and its redirect URI is a page of ours.
/// @param authenticatedSince the person must have proved who they are at this instant or later
///   (`max_age`, `prompt=login`); null when any session does
public record PendingAuthorization(
    TenantId tenant,
    PendingId id,
    TokenHash browser,
    ClientId client,
    String redirectUri,
    boolean redirectUriSent,
    @Nullable String state,
    ResponseMode responseMode,
    String codeChallenge,
    @Nullable String nonce,
    SortedSet<String> scopes,
    List<LlmTerms> terms,
    List<String> resources,
    @Nullable String thumbprint,
    @Nullable String userCode,
    @Nullable Instant authenticatedSince,
    Instant createdAt,
    Instant expiresAt) {
  public PendingAuthorization {
    scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
    terms = List.copyOf(terms);
    resources = List.copyOf(resources);
  }

  /// What a device asked for, taken on by a browser.
  ///
  /// @param end page of ours that the browser is sent to
  public static PendingAuthorization ofDevice(
      DeviceRequest device,
      PendingId id,
      TokenHash browser,
      String userCode,
      String end,
      Instant now,
      Instant expiresAt) {
    return new PendingAuthorization(
        device.tenant(),
        id,
        browser,
        device.client(),
        end,
        false,
        null,
        ResponseMode.QUERY,
        "",
        null,
        device.scopes(),
        device.terms(),
        device.resources(),
        null,
        userCode,
        null,
        now,
        expiresAt);
  }

  /// Whether a session that began at this instant is recent enough.
  public boolean accepts(Instant authenticatedAt) {
    return authenticatedSince == null || !authenticatedAt.isBefore(authenticatedSince);
  }
}

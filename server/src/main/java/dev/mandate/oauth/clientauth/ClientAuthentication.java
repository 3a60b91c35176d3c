package dev.mandate.oauth.clientauth;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Snapshot;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.observe.RequestFacts;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Authenticates the client of a request to the token endpoint and its kin.
///
/// The rules: exactly one method a request; nothing in the URL; a client that isn't there, a wrong
/// secret, a secret where there is none, a missing one and a disabled client get the same answer.
public final class ClientAuthentication {
  /// As metadata lists them (RFC 8414 §2).
  public static final List<String> METHODS =
      List.of("client_secret_basic", "client_secret_post", "none");

  /// Of them, those that prove something.
  public static final List<String> CONFIDENTIAL_METHODS =
      List.of("client_secret_basic", "client_secret_post");

  private static final int ID_CHARACTERS_MAX = 200;
  private static final int KEPT_MAX = 10_000;
  private static final String BASIC = "Basic ";

  /// Compared against when there is no client, so that both ways take as long.
  private static final TokenHash NOBODY = TokenHash.of(Secret.of("nobody"));

  private final ClientStore clients;
  private final Snapshot<ClientId, Client> kept;

  public ClientAuthentication(ClientStore clients, ChangeFeed changes) {
    this.clients = clients;
    this.kept = new Snapshot<>(changes, KEPT_MAX, Change.ClientChanged.class);
  }

  private record Presented(String id, @Nullable Secret secret) {}

  /// @param form the request's body
  /// @throws OAuthException `invalid_client`, or `invalid_request` for a request that uses more
  ///   than one method
  public Client authenticate(TenantId tenant, HttpRequest request, Parameters form) {
    Presented presented = presented(request, form);
    if (presented.id.length() > ID_CHARACTERS_MAX) {
      matches(presented.secret, NOBODY);
      throw refused("there is no such client");
    }
    ClientId id = new ClientId(presented.id);
    // Only who proves to be a client is spared the look into the store: a stranger waits for it
    // whether the client is there or not, and nobody is refused by what is no longer true.
    Client known = kept.kept(tenant, id);
    Client client =
        known != null && proves(presented, known)
            ? known
            : kept.read(tenant, id, () -> clients.find(tenant, id));
    if (client == null) {
      matches(presented.secret, NOBODY);
      throw refused("there is no such client");
    }
    TokenHash expected = client.secretHash();
    if (expected == null) {
      if (presented.secret != null) {
        throw refused("public client " + client.id() + " sent a secret");
      }
    } else if (!matches(presented.secret, expected)) {
      throw refused("client " + client.id() + " sent a wrong secret or none");
    }
    if (client.disabled()) {
      throw refused("client " + client.id() + " is disabled");
    }
    RequestFacts.current().client(client.id().value());
    return client;
  }

  private static boolean proves(Presented presented, Client client) {
    TokenHash expected = client.secretHash();
    return expected != null && !client.disabled() && matches(presented.secret, expected);
  }

  private static boolean matches(@Nullable Secret secret, TokenHash expected) {
    return secret != null
        && MessageDigest.isEqual(
            TokenHash.of(secret).value().getBytes(StandardCharsets.US_ASCII),
            expected.value().getBytes(StandardCharsets.US_ASCII));
  }

  private static Presented presented(HttpRequest request, Parameters form) {
    // RFC 6749 §2.3.1: never in the URL, which ends up in logs and histories. A query that is
    // ignored would hide the leak from whoever wrote the client.
    if (request.rawQuery() != null && !request.rawQuery().isEmpty()) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "parameters belong in the body here, not in the URL");
    }
    if (form.has("client_assertion") || form.has("client_assertion_type")) {
      throw refused("client assertions are not supported");
    }
    String id = form.one("client_id");
    String secret = form.one("client_secret");
    List<String> authorization = request.headers().all("authorization");
    if (authorization.isEmpty()) {
      if (id == null) {
        throw refused("the request names no client");
      }
      return new Presented(id, secret == null ? null : Secret.of(secret));
    }
    // RFC 6749 §2.3: not more than one method in a request.
    if (authorization.size() > 1 || secret != null) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST,
          "the client authenticates in more than one way, expected exactly one");
    }
    Presented basic = basic(authorization.getFirst());
    if (id != null && !id.equals(basic.id)) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "client_id and the Authorization header name two clients");
    }
    return basic;
  }

  /// RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
  private static Presented basic(String header) {
    if (!header.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
      throw refused("the Authorization header is not of scheme Basic");
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(header.substring(BASIC.length()).strip());
      String pair = new String(bytes, StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      String id = URLDecoder.decode(pair.substring(0, Math.max(colon, 0)), StandardCharsets.UTF_8);
      // U+0000: PostgreSQL cannot even look for it.
      if (id.isEmpty() || id.indexOf('\0') >= 0) {
        throw refused("the Basic credentials are not client_id:client_secret");
      }
      return new Presented(
          id, Secret.of(URLDecoder.decode(pair.substring(colon + 1), StandardCharsets.UTF_8)));
    } catch (IllegalArgumentException _) {
      // The cause can quote the secret.
      throw refused("the Basic credentials are not encoded correctly");
    }
  }

  private static OAuthException refused(String detail) {
    return new OAuthException(
        OAuthError.INVALID_CLIENT, "the client is not authenticated", detail, null);
  }
}

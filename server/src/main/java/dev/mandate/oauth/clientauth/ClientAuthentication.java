package dev.mandate.oauth.clientauth;

import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Snapshot;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.UnverifiedJwt;
import dev.mandate.platform.observe.RequestFacts;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Authenticates the client of a request to the token endpoint and its kin.
///
/// The rules: exactly one method a request, and the client's own; nothing in the URL; a client that
/// isn't there, a wrong secret or assertion, one where there is none, a missing one and a disabled
/// client get the same answer.
public final class ClientAuthentication {
  /// As metadata lists them (RFC 8414 §2).
  public static final List<String> METHODS =
      List.of("client_secret_basic", "client_secret_post", "private_key_jwt", "none");

  /// Of them, those that prove something.
  public static final List<String> CONFIDENTIAL_METHODS =
      List.of("client_secret_basic", "client_secret_post", "private_key_jwt");

  /// With which assertions may be signed (RFC 8414 §2).
  public static final List<String> ALGORITHMS =
      Arrays.stream(SignatureAlgorithm.values()).map(Enum::name).toList();

  private static final int ID_CHARACTERS_MAX = 200;
  private static final int KEPT_MAX = 10_000;
  private static final String BASIC = "Basic ";

  /// Compared against when there is no client, so that both ways take as long.
  private static final TokenHash NOBODY = TokenHash.of(Secret.of("nobody"));

  private final ClientStore clients;
  private final ClientAssertions assertions;
  private final Restraints restraints;
  private final Snapshot<ClientId, Client> kept;

  public ClientAuthentication(
      ClientStore clients, ClientAssertions assertions, Restraints restraints, ChangeFeed changes) {
    this.clients = clients;
    this.assertions = assertions;
    this.restraints = restraints;
    this.kept = new Snapshot<>(changes, KEPT_MAX, Change.ClientChanged.class);
  }

  private record Presented(
      String id, AuthMethod method, @Nullable Secret secret, @Nullable UnverifiedJwt assertion) {
    static Presented nothing(String id) {
      return new Presented(id, AuthMethod.NONE, null, null);
    }

    static Presented secret(String id, AuthMethod place, Secret secret) {
      return new Presented(id, place, secret, null);
    }

    static Presented assertion(String id, UnverifiedJwt jwt) {
      return new Presented(id, AuthMethod.PRIVATE_KEY_JWT, null, jwt);
    }
  }

  /// Who asks for something.
  ///
  /// @param form the request's body
  /// @throws OAuthException as [#identify], and for a client that is suspended
  public Client authenticate(Issuer issuer, HttpRequest request, Parameters form) {
    Client client = identify(issuer, request, form);
    // After the proof, where there is one: strangers do not learn who is suspended. Before anything
    // is looked at or used up, so that a code is still good when the client may go on.
    if (!restraints.admits(client.tenant(), null, client.id())) {
      throw OAuthException.suspended();
    }
    return client;
  }

  /// Who gives something up: one that is suspended may.
  ///
  /// @throws OAuthException `invalid_client`, or `invalid_request` for a request that uses more
  ///   than one method
  public Client identify(Issuer issuer, HttpRequest request, Parameters form) {
    Presented presented = presented(request, form);
    if (presented.id.length() > ID_CHARACTERS_MAX) {
      matches(presented.secret, NOBODY);
      throw refused("there is no such client");
    }
    Client client = client(issuer, presented);
    // Last of all: only an assertion that is otherwise good is used up.
    if (presented.assertion != null && !assertions.useOnce(issuer, client, presented.assertion)) {
      throw refused("client " + client.id() + " sent an assertion that was used before");
    }
    RequestFacts.current().client(client.id().value());
    return client;
  }

  private Client client(Issuer issuer, Presented presented) {
    TenantId tenant = issuer.tenant();
    ClientId id = new ClientId(presented.id);
    // Only who proves to be a client is spared the look into the store: a stranger waits for it
    // whether the client is there or not, and nobody is refused by what is no longer true.
    Client known = kept.kept(tenant, id);
    if (known != null && !known.isPublic() && wrongWith(issuer, presented, known) == null) {
      return known;
    }
    Client client = kept.read(tenant, id, () -> clients.find(tenant, id));
    if (client == null) {
      matches(presented.secret, NOBODY);
      throw refused("there is no such client");
    }
    String wrong = wrongWith(issuer, presented, client);
    if (wrong != null) {
      throw refused("client " + client.id() + " " + wrong);
    }
    return client;
  }

  /// What keeps this from being the client's proof, for the log; null when nothing does.
  private @Nullable String wrongWith(Issuer issuer, Presented presented, Client client) {
    String wrong =
        switch (client.proof()) {
          case Proof.Nothing _ ->
              presented.method == AuthMethod.NONE ? null : "is public and sent a proof";
          case Proof.Secrets(var method, var secrets) -> {
            boolean matched = matches(presented.secret, secrets);
            boolean placed = method == AuthMethod.SECRET || method == presented.method;
            yield matched && placed
                ? null
                : "sent a wrong secret or none, or another way than " + method.wire();
          }
          case Proof.Keys keys -> {
            UnverifiedJwt jwt = presented.assertion;
            String unfit =
                jwt == null ? "is missing" : assertions.wrongWith(issuer, client, keys, jwt);
            yield unfit == null ? null : "needs an assertion, and it " + unfit;
          }
        };
    return wrong == null && client.disabled() ? "is disabled" : wrong;
  }

  /// Compares with all of them, whichever it is.
  private static boolean matches(@Nullable Secret secret, List<ClientSecret> secrets) {
    boolean matched = false;
    for (ClientSecret expected : secrets) {
      matched |= matches(secret, expected.hash());
    }
    return matched;
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
    String id = form.one("client_id");
    String secret = form.one("client_secret");
    boolean asserts = form.has("client_assertion") || form.has("client_assertion_type");
    List<String> authorization = request.headers().all("authorization");
    // RFC 6749 §2.3: not more than one method in a request.
    if (authorization.size() + (secret == null ? 0 : 1) + (asserts ? 1 : 0) > 1) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST,
          "the client authenticates in more than one way, expected exactly one");
    }
    if (asserts) {
      return asserted(form, id);
    }
    if (authorization.isEmpty()) {
      if (id == null) {
        throw refused("the request names no client");
      }
      return secret == null
          ? Presented.nothing(id)
          : Presented.secret(id, AuthMethod.SECRET_POST, Secret.of(secret));
    }
    Presented basic = basic(authorization.getFirst());
    if (id != null && !id.equals(basic.id)) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "client_id and the Authorization header name two clients");
    }
    return basic;
  }

  /// RFC 7521 §4.2 and RFC 7523 §3.
  private static Presented asserted(Parameters form, @Nullable String id) {
    String type = form.one("client_assertion_type");
    String assertion = form.one("client_assertion");
    if (!ClientAssertions.TYPE.equals(type) || assertion == null) {
      throw refused("the request has not both an assertion and its type");
    }
    try {
      UnverifiedJwt jwt = UnverifiedJwt.parse(assertion);
      String subject = jwt.claimed().path("sub").asText();
      // RFC 7521 §4.2: a client_id that is there names the same client. U+0000: PostgreSQL cannot
      // even look for it.
      if (subject.isEmpty() || subject.indexOf('\0') >= 0 || (id != null && !id.equals(subject))) {
        throw refused("the assertion is about no client, or another than client_id");
      }
      return Presented.assertion(subject, jwt);
    } catch (InvalidJwt e) {
      throw refused("the assertion is no JWT: " + e.getMessage());
    }
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
      return Presented.secret(
          id,
          AuthMethod.SECRET_BASIC,
          Secret.of(URLDecoder.decode(pair.substring(colon + 1), StandardCharsets.UTF_8)));
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

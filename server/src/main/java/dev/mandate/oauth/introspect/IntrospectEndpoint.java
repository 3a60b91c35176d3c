package dev.mandate.oauth.introspect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.json.Json;
import org.jspecify.annotations.Nullable;

/// `POST /oauth/introspect` (RFC 7662 §2).
public final class IntrospectEndpoint implements Endpoint {
  /// Of a token; ours are below 4 KiB.
  private static final int TOKEN_CHARACTERS_MAX = 16 * 1024;

  private final Issuers issuers;
  private final ClientAuthentication authentication;
  private final KeyAuthentication keys;
  private final Introspection introspection;

  public IntrospectEndpoint(
      Issuers issuers,
      ClientAuthentication authentication,
      KeyAuthentication keys,
      Introspection introspection) {
    this.issuers = issuers;
    this.authentication = authentication;
    this.keys = keys;
    this.introspection = introspection;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    Parameters form = request.form();
    // Before all: what stands in the URL has leaked, whoever asks.
    keys.refuseInUrl(request);
    // §2.1: some form of authorization, or anybody could try tokens out here. Null for an API key,
    // which speaks for the tenant's resources.
    Client client =
        keys.authenticate(issuer.tenant(), request, form) ? null : client(issuer, request, form);
    for (String name : form.names()) {
      form.one(name);
    }
    String token = form.one("token");
    if (token == null) {
      throw new OAuthException(OAuthError.INVALID_REQUEST, "token is missing");
    }
    // §2.1: token_type_hint may be ignored; our tokens tell themselves apart.
    ObjectNode answer =
        token.length() > TOKEN_CHARACTERS_MAX ? null : told(issuer, client, Secret.of(token));
    // §2.2: one answer for whatever does not hold, or is not the client's to know.
    return HttpResponse.json(200, answer == null ? inactive() : answer).noStore();
  }

  private Client client(Issuer issuer, HttpRequest request, Parameters form) {
    Client client = authentication.authenticate(issuer, request, form);
    if (client.isPublic()) {
      throw new OAuthException(
          OAuthError.INVALID_CLIENT,
          "introspection is for clients with a secret",
          "public client " + client.id() + " asks for introspection",
          null);
    }
    return client;
  }

  private @Nullable ObjectNode told(Issuer issuer, @Nullable Client client, Secret token) {
    Introspection.Told told = introspection.of(issuer, token);
    return told != null && mayLearn(client, told.client()) ? told.json() : null;
  }

  /// §4: a token's own client, or who speaks for the tenant's resources.
  private static boolean mayLearn(@Nullable Client client, @Nullable ClientId owner) {
    return client == null
        || client.id().equals(owner)
        || client.scopes().contains(Client.INTROSPECT);
  }

  private static ObjectNode inactive() {
    return Json.object().put("active", false);
  }
}

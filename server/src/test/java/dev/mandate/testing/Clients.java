package dev.mandate.testing;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Clients, enabled, allowed everything at both upstreams.
public final class Clients {
  public static final String REDIRECT_URI = "http://127.0.0.1:8765/callback";

  private Clients() {}

  /// A public client `app`.
  public static Client app(TenantId tenant) {
    return client(tenant, "app", null, Set.of("authorization_code", "refresh_token"));
  }

  /// A confidential client `web`.
  public static Client web(TenantId tenant, Secret secret) {
    return client(
        tenant, "web", TokenHash.of(secret), Set.of("authorization_code", "refresh_token"));
  }

  /// A confidential client `service`, without a user.
  public static Client service(TenantId tenant, Secret secret) {
    return client(tenant, "service", TokenHash.of(secret), Set.of("client_credentials"));
  }

  /// The same with other grant types.
  public static Client withGrantTypes(Client client, Set<String> grantTypes) {
    return new Client(
        client.tenant(),
        client.id(),
        client.name(),
        client.proof(),
        client.redirectUris(),
        client.postLogoutRedirectUris(),
        grantTypes,
        client.scopes(),
        client.defaultScopes(),
        client.defaultAccess(),
        client.policy(),
        client.requiresPushed(),
        client.tokens(),
        client.disabled(),
        client.createdAt());
  }

  /// The same with this secret alone.
  public static Client withSecret(Client client, Secret secret) {
    return client.withProof(
        new Proof.Secrets(
            AuthMethod.SECRET,
            List.of(new ClientSecret(Client.FIRST, TokenHash.of(secret), client.createdAt()))));
  }

  public static Client client(
      TenantId tenant, String id, @Nullable TokenHash secretHash, Set<String> grantTypes) {
    return new Client(
        tenant,
        new ClientId(id),
        "Client " + id,
        secretHash,
        Set.of(REDIRECT_URI),
        grantTypes,
        Set.of("openid", "offline_access"),
        Set.of("offline_access"),
        List.of(LlmTerms.unbounded("openai")),
        List.of(LlmTerms.unbounded("openai"), LlmTerms.unbounded("anthropic")),
        false,
        false,
        TestClock.START);
  }
}

package dev.mandate.app;

import dev.mandate.app.SecretWatch.Purpose;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.storage.Stores;
import java.time.InstantSource;
import java.util.List;

/// Puts a secret that changed in its file to use, while the server serves.
final class SecretTaker implements SecretWatch.Taker {
  /// How often a client may change under our hands.
  private static final int ATTEMPTS_MAX = 5;

  private final Stores stores;
  private final HeldCredentials credentials;
  private final InstantSource clock;

  SecretTaker(Stores stores, HeldCredentials credentials, InstantSource clock) {
    this.stores = stores;
    this.credentials = credentials;
    this.clock = clock;
  }

  @Override
  public void take(Purpose purpose, Secret secret) {
    switch (purpose) {
      // In turn: of nodes that see the new file at once, one keeps it and the others find it.
      case Purpose.Credential(var tenant, var upstream) ->
          stores.inTurn(() -> credentials.hold(new TenantId(tenant), upstream, secret, true));
      case Purpose.ClientSecret(var tenant, var client) ->
          client(new TenantId(tenant), new ClientId(client), secret);
      case Purpose.DatabasePassword() -> stores.databasePassword(secret);
    }
  }

  private void client(TenantId tenant, ClientId id, Secret secret) {
    TokenHash hash = ConfiguredSeed.clientSecret(secret, "clients." + id);
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
      Client now = stores.clients().find(tenant, id);
      if (now == null) {
        throw new IllegalStateException("there is no such client any more");
      }
      if (!(now.proof() instanceof Proof.Secrets(var method, var secrets))) {
        throw new IllegalStateException("the client does not prove itself with a secret any more");
      }
      if (secrets.size() == 1 && secrets.getFirst().hash().equals(hash)) {
        return;
      }
      // What the file held before may be why it was changed.
      ClientSecret only = new ClientSecret(Client.FIRST, hash, clock.instant());
      if (stores.clients().replace(now, now.withProof(new Proof.Secrets(method, List.of(only))))) {
        return;
      }
    }
    throw new IllegalStateException("the client is changed all the time");
  }
}

package dev.mandate.gateway.mandating;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.gateway.snapshot.TenantKey;
import dev.mandate.platform.crypto.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Opens credentials for calls, and remembers when each was last used.
public final class Keyring {
  private final CredentialStore credentials;
  private final Vault vault;
  private final Map<TenantKey<String>, AtomicLong> used = new ConcurrentHashMap<>();

  public Keyring(CredentialStore credentials, Vault vault) {
    this.credentials = credentials;
    this.vault = vault;
  }

  /// Blocking.
  ///
  /// @param owner null for the tenant's
  ProviderKeys read(TenantId tenant, String upstream, @Nullable UserId owner) {
    List<ProviderKey> keys = new ArrayList<>();
    List<Integer> weights = new ArrayList<>();
    boolean others = false;
    for (Stored stored : credentials.live(tenant, upstream, owner)) {
      switch (stored.state()) {
        case ACTIVE -> {
          if (stored.takesCalls()) {
            keys.add(open(stored));
            weights.add(stored.weight());
          }
        }
        case REJECTED -> others = true;
        case DRAINING, RETIRED -> {
          // No new call.
        }
      }
    }
    return keys.isEmpty() && !others ? ProviderKeys.NONE : new ProviderKeys(keys, weights, others);
  }

  private ProviderKey open(Stored stored) {
    byte[] secret = vault.open(stored.tenant(), Stored.row(stored.id()), stored.sealedSecret());
    return new ProviderKey(
        stored.id(),
        Secret.of(new String(secret, StandardCharsets.UTF_8)),
        used.computeIfAbsent(new TenantKey<>(stored.tenant(), stored.id()), _ -> new AtomicLong()));
  }

  /// What was used since the last time that this was asked, by tenant and id.
  public Map<TenantId, Map<String, Instant>> takeUsed() {
    Map<TenantId, Map<String, Instant>> taken = new HashMap<>();
    used.forEach(
        (key, millis) -> {
          long at = millis.getAndSet(0);
          if (at > 0) {
            taken
                .computeIfAbsent(key.tenant(), _ -> new HashMap<>())
                .put(key.key(), Instant.ofEpochMilli(at));
          }
        });
    return taken;
  }

  /// It is gone and will not be used again.
  void forget(TenantId tenant, String credential) {
    used.remove(new TenantKey<>(tenant, credential));
  }
}

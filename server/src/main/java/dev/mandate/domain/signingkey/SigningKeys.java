package dev.mandate.domain.signingkey;

import java.util.function.LongSupplier;
import java.time.Duration;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.SigningJwk;
import dev.mandate.platform.jose.VerifyingJwk;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Each tenant's signing keys, opened and in memory: one for every algorithm, made at first use.
/// The youngest of an algorithm signs, all are published.
public final class SigningKeys {
  private static final long READ_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

  private final SigningKeyStore store;
  private final Vault vault;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Map<TenantId, Keys> byTenant = new ConcurrentHashMap<>();

  /// @param readNanos when they were read, by the clock that nobody sets
  private record Keys(
      Map<SignatureAlgorithm, SigningJwk> signing,
      Map<String, VerifyingJwk> verifying,
      long readNanos) {}

  public SigningKeys(SigningKeyStore store, Vault vault, InstantSource clock) {
    this(store, vault, clock, System::nanoTime);
  }

  SigningKeys(SigningKeyStore store, Vault vault, InstantSource clock, LongSupplier nanos) {
    this.nanos = nanos;
    this.store = store;
    this.vault = vault;
    this.clock = clock;
  }

  /// Makes or reads the tenant's keys, so that the calls below don't block. For start.
  public void load(TenantId tenant) {
    keys(tenant);
  }

  /// The key that signs with this algorithm.
  public SigningJwk signer(TenantId tenant, SignatureAlgorithm algorithm) {
    SigningJwk key = keys(tenant).signing.get(algorithm);
    if (key == null) {
      throw new IllegalStateException("tenant " + tenant + " has no " + algorithm + " key");
    }
    return key;
  }

  /// The key with this `kid`; null when the tenant has none. One that is not in memory may be new
  /// from another node, so it is looked for in the store: blocking, and at most once a second, for
  /// anybody can make up a `kid`.
  public @Nullable VerifyingJwk verifier(TenantId tenant, String kid) {
    VerifyingJwk key = keys(tenant).verifying.get(kid);
    return key != null ? key : readAgain(tenant).verifying.get(kid);
  }

  private Keys readAgain(TenantId tenant) {
    return byTenant.compute(
        tenant,
        (_, known) ->
            known == null || nanos.getAsLong() - known.readNanos >= READ_AGAIN_NANOS
                ? read(tenant)
                : known);
  }

  /// The tenant's JWK set, public parts only (RFC 7517 §5).
  public ObjectNode jwkSet(TenantId tenant) {
    ObjectNode set = Json.object();
    ArrayNode array = set.putArray("keys");
    keys(tenant).verifying.values().forEach(key -> array.add(key.publicJwk()));
    return set;
  }

  private Keys keys(TenantId tenant) {
    Keys keys = byTenant.get(tenant);
    return keys != null ? keys : byTenant.computeIfAbsent(tenant, this::read);
  }

  private Keys read(TenantId tenant) {
    long read = nanos.getAsLong();
    List<SigningKeyStore.Stored> rows = store.all(tenant);
    for (SignatureAlgorithm algorithm : SignatureAlgorithm.values()) {
      if (rows.stream().noneMatch(row -> row.algorithm().equals(algorithm.name()))) {
        make(tenant, algorithm);
      }
    }
    Map<SignatureAlgorithm, SigningJwk> signing = new EnumMap<>(SignatureAlgorithm.class);
    Map<String, VerifyingJwk> verifying = new LinkedHashMap<>();
    store.all(tenant).stream()
        .sorted(Comparator.comparing(SigningKeyStore.Stored::createdAt))
        .forEach(
            row -> {
              SigningJwk key = open(row);
              signing.put(key.algorithm(), key);
              verifying.put(key.kid(), key.verifying());
            });
    return new Keys(signing, verifying, read);
  }

  /// When another node was faster, its key is the one that stays.
  private void make(TenantId tenant, SignatureAlgorithm algorithm) {
    SigningJwk key = SigningJwk.generate(algorithm);
    byte[] sealed = vault.seal(tenant, row(key.kid()), key.serialize().utf8());
    store.insertFirst(
        new SigningKeyStore.Stored(tenant, key.kid(), algorithm.name(), sealed, clock.instant()));
  }

  private SigningJwk open(SigningKeyStore.Stored row) {
    byte[] json = vault.open(row.tenant(), row(row.kid()), row.sealedJwk());
    return SigningJwk.parse(Secret.of(new String(json, StandardCharsets.UTF_8)));
  }

  private static String row(String kid) {
    return "signing_key/" + kid;
  }
}

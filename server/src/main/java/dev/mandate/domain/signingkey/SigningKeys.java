package dev.mandate.domain.signingkey;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.SigningJwk;
import dev.mandate.platform.jose.VerifyingJwk;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Each tenant's signing keys, opened and in memory: for every algorithm one that signs, the next
/// one ahead of its time, and the last one until what it signed has expired. All are published.
///
/// Nobody has to turn a key: whoever uses a tenant's keys when something is due makes the next one,
/// or retires the last, and nodes that do so at once agree in the store. That the others know a key
/// before it signs is a matter of time alone: a node reads the keys again every [#FRESH], and a key
/// waits for [KeyRotation#AHEAD].
public final class SigningKeys {
  private static final Logger log = LoggerFactory.getLogger(SigningKeys.class);

  /// For how long what was read is taken for what there is.
  static final Duration FRESH = Duration.ofSeconds(60);

  /// Between two reads that a strange `kid`, or a store that fails, can cause.
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final SigningKeyStore store;
  private final Vault vault;
  private final KeyRotation rotation;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Map<TenantId, KeyRing> byTenant = new ConcurrentHashMap<>();

  public SigningKeys(SigningKeyStore store, Vault vault, InstantSource clock) {
    this(store, vault, KeyRotation.STANDARD, clock, System::nanoTime);
  }

  public SigningKeys(
      SigningKeyStore store, Vault vault, KeyRotation rotation, InstantSource clock) {
    this(store, vault, rotation, clock, System::nanoTime);
  }

  SigningKeys(
      SigningKeyStore store,
      Vault vault,
      KeyRotation rotation,
      InstantSource clock,
      LongSupplier nanos) {
    this.store = store;
    this.vault = vault;
    this.rotation = rotation;
    this.clock = clock;
    this.nanos = nanos;
  }

  /// Makes or reads the tenant's keys, so that the calls below don't block. For start.
  public void load(TenantId tenant) {
    keys(tenant);
  }

  /// The key that signs with this algorithm.
  public SigningJwk signer(TenantId tenant, SignatureAlgorithm algorithm) {
    SigningJwk key = keys(tenant).signer(algorithm, clock.instant());
    if (key == null) {
      throw new IllegalStateException("tenant " + tenant + " has no " + algorithm + " key");
    }
    return key;
  }

  /// The key with this `kid`; null when the tenant publishes none. One that is not in memory may be
  /// new from another node, so it is looked for in the store: blocking, and at most once a second,
  /// for anybody can make up a `kid`.
  public @Nullable VerifyingJwk verifier(TenantId tenant, String kid) {
    VerifyingJwk key = keys(tenant).verifying().get(kid);
    return key != null ? key : readAgain(tenant).verifying().get(kid);
  }

  private KeyRing readAgain(TenantId tenant) {
    return byTenant.compute(
        tenant,
        (_, known) ->
            known == null || nanos.getAsLong() - known.readNanos() >= AGAIN.toNanos()
                ? read(tenant)
                : known);
  }

  /// The tenant's JWK set, public parts only (RFC 7517 §5).
  public ObjectNode jwkSet(TenantId tenant) {
    ObjectNode set = Json.object();
    ArrayNode array = set.putArray("keys");
    keys(tenant).verifying().values().forEach(key -> array.add(key.publicJwk()));
    return set;
  }

  private KeyRing keys(TenantId tenant) {
    KeyRing known = byTenant.get(tenant);
    if (known == null) {
      return byTenant.computeIfAbsent(tenant, this::read);
    }
    boolean old =
        nanos.getAsLong() - known.readNanos() >= FRESH.toNanos()
            || !clock.instant().isBefore(known.due());
    // One reads, the others go on with what they have.
    if (!old || !known.reading().compareAndSet(false, true)) {
      return known;
    }
    KeyRing read = readOr(tenant, known);
    byTenant.put(tenant, read);
    return read;
  }

  /// A store that fails must not fail a verification that needs nothing of it.
  private KeyRing readOr(TenantId tenant, KeyRing known) {
    try {
      return read(tenant);
    } catch (RuntimeException e) {
      log.warn("the signing keys of tenant {} could not be read again; trying later", tenant, e);
      return known.readAt(
          clock.instant().plus(AGAIN), nanos.getAsLong() - FRESH.minus(AGAIN).toNanos());
    }
  }

  private KeyRing read(TenantId tenant) {
    long readNanos = nanos.getAsLong();
    Instant now = clock.instant();
    List<SigningKeyStore.Stored> rows = store.all(tenant);
    boolean made = false;
    for (SignatureAlgorithm algorithm : SignatureAlgorithm.values()) {
      made |= makeMissing(tenant, algorithm, youngest(rows, algorithm), now);
    }
    List<SigningKeyStore.Stored> all = made ? store.all(tenant) : rows;
    List<KeyRing.Entry> keys = new ArrayList<>();
    Instant due = Instant.MAX;
    for (SigningKeyStore.Stored row : all) {
      SigningKeyStore.Stored next = next(all, row);
      Instant until =
          next == null
              ? row.activeAt().plus(rotation.period()).minus(KeyRotation.AHEAD)
              : next.activeAt().plus(KeyRotation.BEHIND);
      if (next != null && !now.isBefore(until)) {
        log.info("signing key {} of tenant {} is retired", row.kid(), tenant);
        store.retire(tenant, row.kid());
      } else {
        keys.add(new KeyRing.Entry(open(row), row.activeAt()));
        due = due.isBefore(until) ? due : until;
      }
    }
    return KeyRing.of(keys, due, readNanos);
  }

  private static SigningKeyStore.@Nullable Stored youngest(
      List<SigningKeyStore.Stored> rows, SignatureAlgorithm algorithm) {
    return rows.stream()
        .filter(row -> row.algorithm().equals(algorithm.name()))
        .reduce((_, last) -> last)
        .orElse(null);
  }

  private static SigningKeyStore.@Nullable Stored next(
      List<SigningKeyStore.Stored> rows, SigningKeyStore.Stored row) {
    return rows.stream()
        .skip(rows.indexOf(row) + 1L)
        .filter(other -> other.algorithm().equals(row.algorithm()))
        .findFirst()
        .orElse(null);
  }

  /// The first key of an algorithm, which signs at once for there is no other; or the one that
  /// follows, when it is time to publish it. When another node was faster, its key stays.
  ///
  /// @return whether there is now another key than before
  private boolean makeMissing(
      TenantId tenant,
      SignatureAlgorithm algorithm,
      SigningKeyStore.@Nullable Stored youngest,
      Instant now) {
    if (youngest == null) {
      store.insertFirst(made(tenant, algorithm, now, now));
      return true;
    }
    Instant end = youngest.activeAt().plus(rotation.period());
    Instant published = now.plus(KeyRotation.AHEAD);
    if (published.isBefore(end)) {
      return false;
    }
    SigningKeyStore.Stored next = made(tenant, algorithm, now, published);
    if (store.insertNext(next, youngest.kid())) {
      log.info("signing key {} of tenant {} signs from {} on", next.kid(), tenant, published);
    }
    return true;
  }

  private SigningKeyStore.Stored made(
      TenantId tenant, SignatureAlgorithm algorithm, Instant now, Instant activeAt) {
    SigningJwk key = SigningJwk.generate(algorithm);
    byte[] sealed = vault.seal(tenant, row(key.kid()), key.serialize().utf8());
    return new SigningKeyStore.Stored(tenant, key.kid(), algorithm.name(), sealed, now, activeAt);
  }

  private SigningJwk open(SigningKeyStore.Stored row) {
    byte[] json = vault.open(row.tenant(), row(row.kid()), row.sealedJwk());
    return SigningJwk.parse(Secret.of(new String(json, StandardCharsets.UTF_8)));
  }

  private static String row(String kid) {
    return "signing_key/" + kid;
  }
}

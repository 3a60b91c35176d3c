package dev.mandate.domain.vault;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.TenantKeyStore.Holder;
import dev.mandate.domain.vault.TenantKeyStore.Rewrap;
import dev.mandate.domain.vault.TenantKeyStore.Wrapped;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Wraps all tenants' keys by another master key while every node serves.
///
/// First that master key is put into use, so that no new tenant's key is wrapped by the old one;
/// then each key is unwrapped, wrapped anew, stored if it still is what was unwrapped, read again
/// and unwrapped once more. Every key says by which master key it is wrapped, and both are readable
/// all the time, so it may end anywhere: the next run goes on with what is left.
public final class MasterRotation {
  /// Keys that one transaction changes.
  private static final int BATCH = 50;

  /// After which it reports what is left, for whoever waits for an answer.
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final Logger log = LoggerFactory.getLogger(MasterRotation.class);

  private final MasterKeys masters;
  private final TenantKeyStore keys;
  private final LongSupplier nanos;

  public MasterRotation(MasterKeys masters, TenantKeyStore keys) {
    this(masters, keys, System::nanoTime);
  }

  /// @param nanos as [System#nanoTime]
  MasterRotation(MasterKeys masters, TenantKeyStore keys, LongSupplier nanos) {
    this.masters = masters;
    this.keys = keys;
    this.nanos = nanos;
  }

  /// @param rewrapped in this run; each was read again and opens
  /// @param remaining keys that are wrapped by another one still
  /// @param unused master keys that wrap nothing any more: their files are needed for backups that
  ///   were made before, and for nothing else
  public record Report(String masterKey, int rewrapped, long remaining, SortedSet<String> unused) {}

  /// Why it does not go on. Nothing is lost: what was wrapped anew stays so.
  public static final class Refused extends RuntimeException {
    /// For whoever decides by it.
    public enum Why {
      UNKNOWN_KEY,
      NODE_LACKS_KEY,
      SUPERSEDED
    }

    private final Why why;

    Refused(Why why, String message) {
      super(message, null, false, false);
      this.why = why;
    }

    public Why why() {
      return why;
    }
  }

  /// Says which master keys this node has, for a rotation that asks every node.
  public static void tell(MasterKeys masters, TenantKeyStore keys) {
    SortedMap<String, String> fingerprints = new TreeMap<>();
    masters.ids().forEach(id -> fingerprints.put(id, masters.fingerprint(id)));
    keys.hold(fingerprints);
  }

  /// Blocking, for as long as [#PATIENCE] and a batch.
  ///
  /// @throws Refused when not every node has the key, or another rotation began meanwhile
  public Report rotate(String to) {
    requireEverywhere(to);
    long began = nanos.getAsLong();
    keys.use(to);
    int rewrapped = 0;
    TenantId after = null;
    while (nanos.getAsLong() - began < PATIENCE.toNanos()) {
      List<Wrapped> batch = keys.notUnder(to, after, BATCH);
      if (batch.isEmpty() && after == null) {
        break;
      }
      rewrapped += batch.isEmpty() ? 0 : rewrap(batch, to);
      // At the end once more from the beginning: another run may have changed some meanwhile.
      after = batch.isEmpty() ? null : batch.getLast().tenant();
    }
    long remaining =
        keys.counts().entrySet().stream()
            .filter(count -> !count.getKey().equals(to))
            .mapToLong(count -> count.getValue())
            .sum();
    log.info(
        "{} tenants' keys are wrapped by master key {} now, {} left", rewrapped, to, remaining);
    return new Report(to, rewrapped, remaining, unused());
  }

  /// Master keys at hand that wrap nothing and are not in use.
  public SortedSet<String> unused() {
    SortedSet<String> unused = new TreeSet<>(masters.ids());
    unused.removeAll(keys.counts().keySet());
    unused.remove(keys.inUse());
    return unused;
  }

  /// A node without the key could not open a tenant that it meets for the first time.
  private void requireEverywhere(String to) {
    if (!masters.ids().contains(to)) {
      throw new Refused(
          Refused.Why.UNKNOWN_KEY,
          "this node has no master key '%s', only %s".formatted(to, masters.ids()));
    }
    tell(masters, keys);
    String fingerprint = masters.fingerprint(to);
    for (Holder holder : keys.holders()) {
      String there = holder.fingerprints().get(to);
      if (!fingerprint.equals(there)) {
        throw new Refused(
            Refused.Why.NODE_LACKS_KEY,
            "node %s has %s '%s'; put the same key there first"
                .formatted(
                    holder.node(), there == null ? "no master key" : "another master key", to));
      }
    }
  }

  private int rewrap(List<Wrapped> batch, String to) {
    List<Rewrap> all = new ArrayList<>();
    List<byte[]> plains = new ArrayList<>();
    try {
      for (Wrapped from : batch) {
        String row = Vault.row(from.tenant());
        byte[] plain = masters.unwrap(from.masterKey(), from.bytes(), row);
        plains.add(plain);
        byte[] wrapped = masters.wrap(to, plain, row);
        requireSame(plain, masters.unwrap(to, wrapped, row), from.tenant());
        all.add(new Rewrap(from, new Wrapped(from.tenant(), to, wrapped)));
      }
      int stored = keys.rewrap(all);
      if (stored < 0) {
        throw new Refused(
            Refused.Why.SUPERSEDED,
            "master key '%s' was put into use meanwhile; nothing more is wrapped by '%s'"
                .formatted(keys.inUse(), to));
      }
      for (int i = 0; i < batch.size(); i++) {
        verify(batch.get(i).tenant(), plains.get(i));
      }
      return stored;
    } finally {
      plains.forEach(plain -> Arrays.fill(plain, (byte) 0));
    }
  }

  /// What is stored now opens to the very key that was there before.
  private void verify(TenantId tenant, byte[] plain) {
    Wrapped stored = keys.find(tenant);
    byte[] now = stored == null ? null : opened(stored);
    requireSame(plain, now, tenant);
  }

  private byte[] opened(Wrapped stored) {
    return masters.unwrap(stored.masterKey(), stored.bytes(), Vault.row(stored.tenant()));
  }

  private static void requireSame(byte[] plain, byte @Nullable [] again, TenantId tenant) {
    if (again == null || !MessageDigest.isEqual(plain, again)) {
      throw new IllegalStateException(
          "the key of tenant "
              + tenant
              + " is not what it was; its old master key is still needed");
    }
    Arrays.fill(again, (byte) 0);
  }
}

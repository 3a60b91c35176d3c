package dev.mandate.app;

import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.domain.vault.MasterRotation;
import dev.mandate.domain.vault.TenantKeyStore;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks which master keys are here, and tells the other nodes when that changes.
final class MasterKeyWatch {
  private static final Logger log = LoggerFactory.getLogger(MasterKeyWatch.class);

  private final MasterKeys masters;
  private final TenantKeyStore keys;
  private SortedSet<String> told = new TreeSet<>();
  private @Nullable String complaint;

  MasterKeyWatch(MasterKeys masters, TenantKeyStore keys) {
    this.masters = masters;
    this.keys = keys;
  }

  /// One look. Called by one thread.
  void look() {
    try {
      SortedSet<String> now = masters.ids();
      if (!now.equals(told)) {
        MasterRotation.tell(masters, keys);
        told = now;
      }
      complaint = null;
    } catch (RuntimeException e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(complaint)) {
        log.warn("the master keys that are here are not known: {}", why);
        complaint = why;
      }
    }
  }
}

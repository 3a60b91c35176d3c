package dev.mandate.domain.vault;

import java.util.Collection;

/// A master key that something is wrapped by is not at hand.
public final class MasterKeyMissing extends RuntimeException {
  public MasterKeyMissing(String id, Collection<String> known) {
    super("there is no master key '%s' here, only %s".formatted(id, known));
  }
}

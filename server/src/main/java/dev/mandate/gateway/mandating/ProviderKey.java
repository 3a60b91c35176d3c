package dev.mandate.gateway.mandating;

import dev.mandate.platform.crypto.Secret;
import java.util.concurrent.atomic.AtomicLong;

/// One version of a credential, opened. Touched by every event loop.
public final class ProviderKey {
  private final String credential;
  private final Secret secret;
  private final AtomicLong usedMillis;
  private volatile boolean refused;

  /// @param usedMillis when a call last went out with it
  ProviderKey(String credential, Secret secret, AtomicLong usedMillis) {
    this.credential = credential;
    this.secret = secret;
    this.usedMillis = usedMillis;
  }

  /// Its id.
  public String credential() {
    return credential;
  }

  public Secret secret() {
    return secret;
  }

  /// A call goes out with it.
  public void used(long millis) {
    usedMillis.lazySet(millis);
  }

  /// The provider refused it: nobody here takes it again, before the store has said so too.
  public void refuse() {
    refused = true;
  }

  boolean isRefused() {
    return refused;
  }

  @Override
  public String toString() {
    return credential;
  }
}

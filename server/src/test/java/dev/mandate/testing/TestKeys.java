package dev.mandate.testing;

import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.LeakedKeys;
import dev.mandate.domain.notice.Notices;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import java.security.SecureRandom;
import java.time.InstantSource;

/// The API keys of these stores.
public final class TestKeys {
  private TestKeys() {}

  public static ApiKeys of(Stores stores, InstantSource clock, Notices notices) {
    return of(stores, clock, notices, ApiKeyPolicy.STANDARD);
  }

  public static ApiKeys of(
      Stores stores, InstantSource clock, Notices notices, ApiKeyPolicy policy) {
    return new ApiKeys(
        stores.apiKeys(),
        stores.users(),
        new TokenSource(new SecureRandom(), clock),
        notices,
        new LeakedKeys(stores.apiKeys(), stores.audit(), notices, clock, policy.revokesLeaked()),
        policy);
  }
}

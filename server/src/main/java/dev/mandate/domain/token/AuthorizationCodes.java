package dev.mandate.domain.token;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes authorization codes.
public final class AuthorizationCodes {
  private final CodeStore store;
  private final TokenSource random;
  private final InstantSource clock;
  private final TokenConfig config;

  public AuthorizationCodes(
      CodeStore store, TokenSource random, InstantSource clock, TokenConfig config) {
    this.store = store;
    this.random = random;
    this.clock = clock;
    this.config = config;
  }

  /// A new code for a mandate that is stored already.
  ///
  /// @param redirectUri as the request had it; null when it had none
  /// @param resources that the request named (RFC 8707); empty when it named none
  /// @param thumbprint of the key that the request named (RFC 9449 §10); null when it named none
  public Secret issue(
      Mandate mandate,
      @Nullable String redirectUri,
      String codeChallenge,
      @Nullable String nonce,
      List<String> resources,
      @Nullable String thumbprint,
      Instant authenticatedAt) {
    Secret code = random.token();
    store.insert(
        new AuthorizationCode(
            mandate.tenant(),
            TokenHash.of(code),
            mandate.client(),
            mandate.id(),
            redirectUri,
            codeChallenge,
            nonce,
            resources,
            thumbprint,
            authenticatedAt,
            clock.instant().plus(config.codeLifetime())));
    return code;
  }
}

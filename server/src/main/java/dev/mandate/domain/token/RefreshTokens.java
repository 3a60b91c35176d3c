package dev.mandate.domain.token;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Issues refresh tokens and rotates them.
///
/// A successor is stored sealed under a key that only the presented token yields, so that whoever
/// presents that token again, because the answer was lost or two of its calls ran at once, gets the
/// same successor, and whoever reads the database gets nothing.
public final class RefreshTokens {
  private static final String PURPOSE = "mandate refresh successor";

  private final RefreshTokenStore store;
  private final TokenSource random;
  private final SecureRandom nonces;
  private final InstantSource clock;
  private final TokenConfig config;

  public RefreshTokens(
      RefreshTokenStore store,
      TokenSource random,
      SecureRandom nonces,
      InstantSource clock,
      TokenConfig config) {
    this.store = store;
    this.random = random;
    this.nonces = nonces;
    this.clock = clock;
    this.config = config;
  }

  /// What presenting a token came to.
  public sealed interface Outcome {
    record Successor(Secret token) implements Outcome {}

    /// Its successor is in use already; nothing was changed.
    record Superseded() implements Outcome {}

    /// Its successor has been in use for long: one of the two was stolen. Revoking the mandate is
    /// for the caller.
    record Reused(MandateId mandate) implements Outcome {}

    record Unknown() implements Outcome {}
  }

  /// The first token of a new family.
  ///
  /// @param resources that access tokens from it may name
  /// @param thumbprint of the key that it is bound to (RFC 9449 §5); null for none
  public Secret issue(Mandate mandate, List<String> resources, @Nullable String thumbprint) {
    Secret token = random.token();
    store.insert(
        new RefreshToken(
            mandate.tenant(),
            TokenHash.of(token),
            random.id("family"),
            mandate.client(),
            mandate.id(),
            resources,
            expiry(mandate, clock.instant()),
            thumbprint));
    return token;
  }

  /// The token, without using it.
  public @Nullable RefreshToken find(TenantId tenant, Secret presented) {
    return store.find(tenant, TokenHash.of(presented));
  }

  /// The token, if it could be used now; nothing is said of its mandate.
  public @Nullable RefreshToken findUsable(TenantId tenant, Secret presented) {
    return store.findUsable(tenant, TokenHash.of(presented), clock.instant());
  }

  /// @param found what [#find] gave for `presented`
  public Outcome rotate(Mandate mandate, RefreshToken found, Secret presented) {
    Instant now = clock.instant();
    Sealer sealer = new Sealer(key(presented), nonces);
    Secret successor = random.token();
    RefreshTokenStore.Rotation rotation =
        store.rotate(
            found.tenant(),
            found.hash(),
            TokenHash.of(successor),
            sealer.seal(successor.utf8(), row(found)),
            now,
            expiry(mandate, now));
    return switch (rotation) {
      case RefreshTokenStore.Rotation.Rotated _ -> new Outcome.Successor(successor);
      case RefreshTokenStore.Rotation.Repeated(var presentedRow, var sealed) ->
          new Outcome.Successor(
              Secret.of(
                  new String(sealer.open(sealed, row(presentedRow)), StandardCharsets.UTF_8)));
      case RefreshTokenStore.Rotation.Superseded() -> new Outcome.Superseded();
      case RefreshTokenStore.Rotation.Reused(var stolen) -> new Outcome.Reused(stolen);
      case RefreshTokenStore.Rotation.Unknown() -> new Outcome.Unknown();
    };
  }

  private Instant expiry(Mandate mandate, Instant now) {
    Instant expiry = now.plus(config.refreshTokenLifetime());
    return mandate.expiresAt().isBefore(expiry) ? mandate.expiresAt() : expiry;
  }

  /// Our tokens are 256 random bits in base64url: decoded, a uniform key.
  private static byte[] key(Secret presented) {
    return Sealer.derive(Base64.getUrlDecoder().decode(presented.reveal()), PURPOSE);
  }

  private static String row(RefreshToken token) {
    return "refresh_token/" + token.family();
  }
}

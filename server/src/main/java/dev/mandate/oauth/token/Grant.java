package dev.mandate.oauth.token;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.platform.crypto.Secret;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A `grant_type`: what it is called, who may use it, which mandate it leads to. The checks that
/// all grants share are [TokenEndpoint]'s; no grant can forget them.
public sealed interface Grant
    permits AuthorizationCodeGrant, RefreshTokenGrant, ClientCredentialsGrant, DeviceCodeGrant {
  /// Its value of `grant_type`.
  String type();

  /// Whether only a client with a secret may use it.
  boolean needsConfidentialClient();

  /// Why `authorization_details` in the request are refused (RFC 9396 §6).
  String whyNoDetails();

  /// Finds what the request presents and makes the checks that only this grant has. Uses nothing
  /// up.
  Offer look(AuthenticatedRequest request);

  /// What a presented code, token or client is worth.
  ///
  /// @param resources that tokens may name; empty for all of the mandate
  /// @param redemption runs once all other checks have passed
  record Offer(MandateId mandate, List<String> resources, Redemption redemption) {}

  /// Uses up what was presented, atomically.
  @FunctionalInterface
  interface Redemption {
    Redeemed redeem(Mandate mandate);
  }

  /// @param refreshToken to hand out
  /// @param signIn that an ID token may tell of
  record Redeemed(@Nullable Secret refreshToken, @Nullable SignIn signIn) {
    static final Redeemed NOTHING_MORE = new Redeemed(null, null);
  }

  /// A person's authentication (OpenID Connect Core 1.0 §2).
  record SignIn(Instant at, @Nullable String nonce) {}
}

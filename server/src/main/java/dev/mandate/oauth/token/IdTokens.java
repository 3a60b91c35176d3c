package dev.mandate.oauth.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.SortedSet;

/// Issues ID tokens (OpenID Connect Core 1.0 §2), signed with what the client registered, or else
/// with RS256, which every client knows.
///
/// Only a redeemed code yields one: a refresh is no sign-in (§12.2 leaves the choice).
public final class IdTokens {
  private static final String TYPE = "JWT";

  private final SigningKeys keys;
  private final UserStore users;
  private final InstantSource clock;
  private final TokenConfig config;

  public IdTokens(SigningKeys keys, UserStore users, InstantSource clock, TokenConfig config) {
    this.keys = keys;
    this.users = users;
    this.clock = clock;
    this.config = config;
  }

  Secret issue(
      AuthenticatedRequest asked,
      Mandate mandate,
      UserId userId,
      SortedSet<String> scopes,
      Grant.SignIn signIn,
      Secret accessToken) {
    Instant now = clock.instant();
    ObjectNode json =
        Json.object()
            .put("iss", asked.issuer().url())
            .put("sub", userId.value())
            .put("aud", mandate.client().value())
            .put("iat", now.getEpochSecond())
            .put("exp", now.plus(config.idTokenLifetime()).getEpochSecond())
            .put("auth_time", signIn.at().getEpochSecond())
            .put("at_hash", halfHash(accessToken));
    if (signIn.nonce() != null) {
      json.put("nonce", signIn.nonce());
    }
    // §5.4: userinfo tells them too; here they spare a client the call.
    User user = scopes.contains(Scopes.PROFILE) ? users.find(mandate.tenant(), userId) : null;
    if (user != null) {
      json.put("name", user.displayName()).put("preferred_username", user.username());
    }
    return keys.signer(mandate.tenant(), asked.client().tokens().idTokens()).sign(TYPE, json);
  }

  /// §3.1.3.6: the left half of the hash that belongs to the algorithm, SHA-256 for all that there
  /// are.
  private static String halfHash(Secret accessToken) {
    byte[] hash = TokenHash.sha256(accessToken.utf8());
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(Arrays.copyOf(hash, hash.length / 2));
  }
}

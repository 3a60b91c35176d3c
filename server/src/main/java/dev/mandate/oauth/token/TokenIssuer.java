package dev.mandate.oauth.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.scope.Audience;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/// Makes the tokens and the answer that carries them (RFC 6749 §5.1).
public final class TokenIssuer {
  private final AccessTokens accessTokens;
  private final IdTokens idTokens;
  private final InstantSource clock;

  public TokenIssuer(AccessTokens accessTokens, IdTokens idTokens, InstantSource clock) {
    this.accessTokens = accessTokens;
    this.idTokens = idTokens;
    this.clock = clock;
  }

  record Answer(ObjectNode json, AccessTokenClaims claims) {}

  /// @throws OAuthException `invalid_grant` unless the mandate holds right now
  void requireLive(Rights rights) {
    Mandate mandate = rights.mandate();
    if (mandate.isRevoked()) {
      throw new OAuthException(OAuthError.INVALID_GRANT, "the mandate is revoked");
    }
    if (rights.isExpired(clock.instant())) {
      throw new OAuthException(OAuthError.INVALID_GRANT, "the mandate is expired");
    }
    if (rights.suspended() != null) {
      throw new OAuthException(
          OAuthError.INVALID_GRANT, "the mandate is suspended: " + rights.suspended());
    }
  }

  /// @param scopes granted, of which the access token has those of its target
  Answer issue(
      AuthenticatedRequest asked,
      Rights rights,
      SortedSet<String> scopes,
      Audience.Target target,
      Grant.Redeemed redeemed) {
    Issuer issuer = asked.issuer();
    Mandate mandate = rights.mandate();
    List<LlmAccess> access = access(rights, target);
    AccessTokens.Issued token =
        accessTokens.issue(
            issuer,
            mandate,
            target.scopes(),
            access,
            List.copyOf(target.resources().keySet()),
            new AccessTokens.Make(asked.client().tokens().accessTokens(), asked.thumbprint()));
    AccessTokenClaims claims = token.claims();
    ObjectNode json =
        Json.object()
            .put("access_token", token.token().reveal())
            .put("token_type", asked.thumbprint() == null ? "Bearer" : DpopProofs.SCHEME)
            .put("expires_in", Duration.between(claims.issuedAt(), claims.expiresAt()).toSeconds());
    if (redeemed.refreshToken() != null) {
      json.put("refresh_token", redeemed.refreshToken().reveal());
    }
    // RFC 6749 §5.1: the token's own.
    if (!claims.scopes().isEmpty()) {
      json.put("scope", Scopes.write(claims.scopes()));
    }
    // RFC 9396 §7: as assigned to this token.
    if (!mandate.access().isEmpty()
        && !target.resources().containsKey(issuer.url(AdminScope.RESOURCE))) {
      json.set("authorization_details", token.details());
    }
    Grant.SignIn signIn = redeemed.signIn();
    if (signIn != null && mandate.user() != null && scopes.contains(Scopes.OPENID)) {
      json.put(
          "id_token",
          idTokens.issue(asked, mandate, mandate.user(), scopes, signIn, token.token()).reveal());
    }
    return new Answer(json, claims);
  }

  /// What is left of the mandate today, as far as the token reaches.
  private List<LlmAccess> access(Rights rights, Audience.Target target) {
    Instant now = clock.instant();
    List<LlmAccess> access = new ArrayList<>();
    for (@Nullable LlmAccess one : rights.effective()) {
      LlmAccess open =
          one == null
              ? null
              : rights.tiers().within(one, rights.mandate().scopes(), target.scopes());
      if (open != null
          && target.resources().containsValue(open.upstream())
          && now.isBefore(open.expiresAt())) {
        access.add(open);
      }
    }
    return access;
  }
}

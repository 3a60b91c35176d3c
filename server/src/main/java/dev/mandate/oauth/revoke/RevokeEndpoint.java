package dev.mandate.oauth.revoke;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.domain.token.RefreshToken;
import dev.mandate.domain.token.RefreshTokens;
import dev.mandate.domain.token.RevokedTokenStore;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.jose.InvalidJwt;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/// `POST /oauth/revoke`: a client hands back what it holds.
///
/// A token that a person's mandate stands behind takes the whole mandate with it, as the person's
/// own click does (RFC 7009 §2.1 lets a server revoke all tokens of a grant). An access token of a
/// standing mandate is revoked alone: the service keeps its right to ask for the next one.
public final class RevokeEndpoint implements Endpoint {
  private final Issuers issuers;
  private final ClientAuthentication authentication;
  private final Tokens tokens;
  private final MandateStore mandates;
  private final AuditStore audit;
  private final InstantSource clock;

  /// Where tokens are looked up.
  public record Tokens(AccessTokens access, RefreshTokens refresh, RevokedTokenStore revoked) {}

  public RevokeEndpoint(
      Issuers issuers,
      ClientAuthentication authentication,
      Tokens tokens,
      MandateStore mandates,
      AuditStore audit,
      InstantSource clock) {
    this.issuers = issuers;
    this.authentication = authentication;
    this.tokens = tokens;
    this.mandates = mandates;
    this.audit = audit;
    this.clock = clock;
  }

  /// What a token turned out to be.
  private sealed interface Found {
    record Access(AccessTokenClaims claims) implements Found {}

    record Refresh(RefreshToken row) implements Found {}

    /// Never issued, expired or dead already.
    record Nothing() implements Found {}
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Parameters form = request.form();
    // Be it suspended: what it hands back, nobody can misuse.
    Client client = authentication.identify(issuers.of(request), request, form);
    String token = form.one("token");
    if (token == null) {
      throw new OAuthException(OAuthError.INVALID_REQUEST, "token is missing");
    }
    // RFC 7009 §2.1: the hint may be ignored, but not doubled; our tokens tell themselves apart.
    form.one("token_type_hint");
    switch (find(issuers.of(request), Secret.of(token))) {
      case Found.Access(var claims) -> {
        own(client, claims.client());
        revoke(request, client, claims);
      }
      case Found.Refresh(var row) -> {
        own(client, row.client());
        revokeMandate(request, client, row.mandate());
      }
      // RFC 7009 §2.2: an invalid token is as good as revoked, and nothing is told.
      case Found.Nothing() -> {}
    }
    return HttpResponse.empty(200).noStore();
  }

  private Found find(Issuer issuer, Secret token) {
    if (token.reveal().indexOf('.') >= 0) {
      try {
        return new Found.Access(tokens.access.verify(issuer, token.reveal()));
      } catch (InvalidJwt _) {
        return new Found.Nothing();
      }
    }
    RefreshToken row = tokens.refresh.find(issuer.tenant(), token);
    return row == null ? new Found.Nothing() : new Found.Refresh(row);
  }

  /// RFC 7009 §2.1: a token of another client is refused, and the client told.
  private static void own(Client client, ClientId owner) {
    if (!client.id().equals(owner)) {
      throw new OAuthException(
          OAuthError.INVALID_GRANT,
          "the token was issued to another client",
          client.id() + " tried to revoke a token of " + owner,
          null);
    }
  }

  private void revoke(HttpRequest request, Client client, AccessTokenClaims claims) {
    TenantId tenant = client.tenant();
    Mandate mandate = mandates.find(tenant, claims.mandate());
    if (mandate != null && mandate.user() == null) {
      tokens.revoked.revoke(tenant, claims.jti(), claims.expiresAt());
      record(request, client, claims.mandate(), "token.revoked", Map.of("jti", claims.jti()));
    } else {
      revokeMandate(request, client, claims.mandate());
    }
  }

  private void revokeMandate(HttpRequest request, Client client, MandateId mandate) {
    mandates.revoke(client.tenant(), mandate, clock.instant());
    record(request, client, mandate, "mandate.revoked", Map.of("by", "client"));
  }

  private void record(
      HttpRequest request,
      Client client,
      MandateId mandate,
      String type,
      Map<String, String> details) {
    audit.append(
        List.of(
            new AuditEvent(
                client.tenant(),
                clock.instant(),
                type,
                client.id().value(),
                mandate.value(),
                "ok",
                request.id(),
                details)));
  }
}

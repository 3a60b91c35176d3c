package dev.mandate.oauth.token;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.oauth.OAuthError;
import dev.mandate.platform.http.HttpRequest;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/// Writes down what the token endpoint decided.
public final class TokenAudit {
  private final AuditStore store;
  private final InstantSource clock;

  public TokenAudit(AuditStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  void issued(AuthenticatedRequest request, AccessTokenClaims claims) {
    store.append(
        List.of(
            new AuditEvent(
                claims.tenant(),
                clock.instant(),
                "token.issued",
                claims.client().value(),
                claims.mandate().value(),
                "ok",
                request.requestId(),
                Map.of(
                    "grant_type", request.parameters().grantType(),
                    "jti", claims.jti(),
                    "sub", claims.subject()))));
  }

  /// Queued, not waited for: strangers can cause these in any number. Who a refused request claims
  /// to be is not written down, since nothing proves it; the log has the reason under the same id.
  void refused(TenantId tenant, HttpRequest request, OAuthError error) {
    store.appendLater(
        new AuditEvent(
            tenant,
            clock.instant(),
            "token.refused",
            "anonymous",
            null,
            error.code(),
            request.id(),
            Map.of()));
  }
}

package dev.mandate.oauth.token;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Revokes the mandate of a code or refresh token that was presented again: two parties hold it,
/// and nobody can tell which is the thief (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
public final class ReplayAlarm {
  private static final Logger log = LoggerFactory.getLogger(ReplayAlarm.class);

  private final MandateStore mandates;
  private final AuditStore audit;
  private final InstantSource clock;

  public ReplayAlarm(MandateStore mandates, AuditStore audit, InstantSource clock) {
    this.mandates = mandates;
    this.audit = audit;
    this.clock = clock;
  }

  /// @param what was presented again, `code` or `refresh_token`
  void raise(AuthenticatedRequest request, MandateId mandate, String what) {
    log.warn("{} replay of a {}: mandate {} is revoked", request.requestId(), what, mandate);
    mandates.revoke(request.tenant(), mandate, clock.instant());
    audit.append(
        List.of(
            new AuditEvent(
                request.tenant(),
                clock.instant(),
                "mandate.revoked",
                request.client().id().value(),
                mandate.value(),
                "ok",
                request.requestId(),
                Map.of("by", "replay", "replayed", what))));
  }
}

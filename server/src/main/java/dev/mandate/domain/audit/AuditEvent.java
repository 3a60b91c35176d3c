package dev.mandate.domain.audit;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One decision. Never holds a prompt, an answer, a token or a secret.
///
/// @param type what was decided, such as `mandate.approved`, `token.issued`, `call.refused`
/// @param actor who did it: a user's, client's or API key's id, or `anonymous`
/// @param mandate under which
/// @param outcome `ok`, or the error code of the refusal
/// @param requestId also in the log and in the answer
/// @param details more, by name
public record AuditEvent(
    TenantId tenant,
    Instant at,
    String type,
    String actor,
    @Nullable String mandate,
    String outcome,
    String requestId,
    Map<String, String> details) {
  public AuditEvent {
    details = Map.copyOf(details);
  }
}

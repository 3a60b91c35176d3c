package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One thing to hear of.
///
/// @param id of the row
/// @param once what makes two notices the same one, such as `api_key.expiring/key_…/7`: of those
///   with the same text here only the first is kept
/// @param subject the id of what it is about
/// @param person whom it concerns beside the tenant's administrators; null when nobody
/// @param text a sentence for people, without secrets
public record Notice(
    TenantId tenant,
    String id,
    String once,
    Kind kind,
    String subject,
    @Nullable UserId person,
    String text,
    Instant at) {

  /// What it is about, as webhooks and the API spell it.
  public enum Kind {
    API_KEY_LEAKED("api_key.leaked"),
    API_KEY_EXPIRING("api_key.expiring"),
    API_KEY_REVOKED("api_key.revoked"),
    CREDENTIAL_OLD("credential.old"),
    CREDENTIAL_REJECTED("credential.rejected"),
    CREDENTIAL_ROTATED("credential.rotated"),
    CREDENTIAL_ROTATION_FAILED("credential.rotation_failed"),
    BUDGET_THRESHOLD("budget.threshold"),
    BUDGET_OVERDRAFT("budget.overdraft"),
    CALLER_UNUSUAL("caller.unusual"),
    CALLER_SUSPENDED("caller.suspended"),
    UPSTREAM_DOWN("upstream.down"),
    UPSTREAM_UP("upstream.up");

    private final String wire;

    Kind(String wire) {
      this.wire = wire;
    }

    public String wire() {
      return wire;
    }

    /// Null when no kind is spelled like this.
    public static @Nullable Kind ofWire(String wire) {
      return Arrays.stream(values())
          .filter(kind -> kind.wire.equals(wire))
          .findFirst()
          .orElse(null);
    }

    public static List<String> wires() {
      return Arrays.stream(values()).map(Kind::wire).toList();
    }
  }
}

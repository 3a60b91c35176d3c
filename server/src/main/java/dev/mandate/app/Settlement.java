package dev.mandate.app;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.recovery.Reapplication;
import dev.mandate.domain.recovery.RevocationLog;
import dev.mandate.domain.recovery.RevocationLog.Outcome;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Compares the database with this node's log of revocations, before anything is served.
record Settlement(
    Stores stores,
    Path data,
    PasswordHasher passwords,
    TokenSource tokens,
    ChangeFeed changes,
    InstantSource clock) {
  private static final Logger log = LoggerFactory.getLogger(Settlement.class);

  /// At a server's start.
  ///
  /// @throws StartRefused when the database is a copy that nobody has settled
  RevocationLog atStart() {
    Instant copied = stores.recovery().copyTakenAt();
    if (copied != null) {
      throw new StartRefused(
          "the database is a backup of %s; run mandate restore, which says what of it still holds"
              .formatted(copied));
    }
    RevocationLog revocations = follow(false, true);
    Outcome outcome = revocations.outcome();
    if (outcome.older()) {
      log.warn(
          "the database is older than this node's log of revocations: {} were taken away again, {}"
              + " sessions and {} families of refresh tokens ended; {} changes of terms and"
              + " credentials are not known here, look at them",
          outcome.reapplied(),
          outcome.sessions(),
          outcome.refreshTokens(),
          outcome.policies());
      audit("database.found_older", counts(outcome));
    }
    return revocations;
  }

  /// @param restored whether the database is older for sure
  /// @param endsSessions whether sessions and refresh tokens end where it is
  RevocationLog follow(boolean restored, boolean endsSessions) {
    return RevocationLog.start(
        data.resolve(RevocationLog.FILE),
        new RevocationLog.Parts(
            stores.recovery(),
            stores.tenants(),
            new Reapplication(
                new Reapplication.Nouns(
                    stores.tenants(),
                    stores.users(),
                    stores.roles(),
                    stores.clients(),
                    stores.mandates(),
                    stores.apiKeys(),
                    stores.credentials(),
                    stores.credentialLives(),
                    stores.restraints(),
                    stores.revokedTokens()),
                () -> passwords.hash(tokens.token())),
            clock,
            () -> tokens.id("mark")),
        changes,
        restored,
        endsSessions);
  }

  static Map<String, String> counts(Outcome outcome) {
    Map<String, String> counts = new TreeMap<>();
    counts.put("revoked_again", String.valueOf(outcome.reapplied()));
    counts.put("sessions_ended", String.valueOf(outcome.sessions()));
    counts.put("refresh_families_ended", String.valueOf(outcome.refreshTokens()));
    counts.put("terms_changed_since", String.valueOf(outcome.policies()));
    return counts;
  }

  /// The tenant that runs the server hears of it.
  void audit(String type, Map<String, String> details) {
    stores
        .audit()
        .append(
            List.of(
                new AuditEvent(
                    TenantId.DEFAULT,
                    clock.instant(),
                    type,
                    "operator",
                    null,
                    "ok",
                    tokens.id("restore"),
                    details)));
  }
}

package dev.mandate.domain.apikey;

import dev.mandate.domain.apikey.ApiKeyStore.Leaked;
import dev.mandate.domain.apikey.ApiKeyStore.Place;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What happens to a key that was found in the open: it is written down, its owner and the
/// administrators are told, and it is revoked where that is the policy. The key itself goes nowhere
/// from here.
///
/// Whoever has a key can do all that the key can do, so having it is proof enough, in whatever
/// tenant it is; and no answer says what became of it.
public final class LeakedKeys {
  private final ApiKeyStore store;
  private final AuditStore audit;
  private final Notices notices;
  private final InstantSource clock;
  private final boolean revokes;

  /// @param revokes whether a key that comes in a URL is revoked
  public LeakedKeys(
      ApiKeyStore store, AuditStore audit, Notices notices, InstantSource clock, boolean revokes) {
    this.store = store;
    this.audit = audit;
    this.notices = notices;
    this.clock = clock;
    this.revokes = revokes;
  }

  /// Looks for keys in a query, which proxies, browsers and logs keep.
  ///
  /// @param query as sent; null for none
  public void inUrl(@Nullable String query, LeakPlace place, String requestId) {
    if (query != null) {
      ApiKeyFormat.findIn(query).forEach(key -> found(key, place, revokes, requestId));
    }
  }

  /// Somebody reports a key. It is revoked, whatever the policy.
  public void reported(Secret candidate, String requestId) {
    if (ApiKeyFormat.isWellFormed(candidate.reveal())) {
      found(candidate, LeakPlace.REPORT, true, requestId);
    }
  }

  private void found(Secret secret, LeakPlace place, boolean ends, String requestId) {
    TokenHash hash = TokenHash.of(secret);
    for (Place at : store.everywhere(hash)) {
      Leaked outcome = store.leaked(at.tenant(), at.id(), hash, place, ends, clock.instant());
      ApiKey key = store.find(at.tenant(), at.id());
      if (key != null && outcome != Leaked.NOTHING_NEW) {
        writeDown(key, place, outcome, requestId);
        tell(key, place, outcome);
      }
    }
  }

  private void writeDown(ApiKey key, LeakPlace place, Leaked outcome, String requestId) {
    audit.append(
        List.of(
            new AuditEvent(
                key.tenant(),
                clock.instant(),
                "api_key.leaked",
                "anonymous",
                key.mandate() == null ? null : key.mandate().value(),
                "ok",
                requestId,
                Map.of(
                    "api_key",
                    key.id().value(),
                    "place",
                    place.wire(),
                    "became",
                    outcome.name().toLowerCase(Locale.ROOT)))));
  }

  private void tell(ApiKey key, LeakPlace place, Leaked outcome) {
    String what =
        switch (outcome) {
          case REVOKED -> "It was revoked at once.";
          case SECRET_ENDED ->
              "What leaked was the secret before its last rotation, which has ended now.";
          case RECORDED, NOTHING_NEW -> "It was refused there. Rotate it.";
        };
    notices.tell(
        key.tenant(),
        Notice.Kind.API_KEY_LEAKED,
        key.id() + "/" + outcome,
        key.id().value(),
        key.owner(),
        "The API key '%s' (…%s) was found %s. %s"
            .formatted(key.name(), key.hint(), place.words(), what));
  }
}

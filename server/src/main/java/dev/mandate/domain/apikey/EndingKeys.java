package dev.mandate.domain.apikey;

import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/// Reminds owners of keys that end soon. Every node may sweep: a reminder that was told is not told
/// again, whoever tells it.
public final class EndingKeys {
  /// How long before its end a key is spoken of, the first time first.
  static final List<Duration> AHEAD =
      List.of(Duration.ofDays(14), Duration.ofDays(7), Duration.ofDays(1));

  private static final int ROWS = 500;

  private final TenantStore tenants;
  private final ApiKeyStore store;
  private final Notices notices;
  private final InstantSource clock;
  private Instant swept = Instant.EPOCH;

  public EndingKeys(TenantStore tenants, ApiKeyStore store, Notices notices, InstantSource clock) {
    this.tenants = tenants;
    this.store = store;
    this.notices = notices;
    this.clock = clock;
  }

  /// Tells of the keys that came near their end since the last sweep; the first one of a process
  /// looks at all. One thread at a time. Blocking.
  ///
  /// @return how many reminders were handed on
  public int sweep() {
    Instant now = clock.instant();
    int told = 0;
    for (Tenant tenant : tenants.all()) {
      for (int i = 0; i < AHEAD.size(); i++) {
        Duration ahead = AHEAD.get(i);
        // Who is nearer than the next reminder hears that one only.
        Duration next = i + 1 < AHEAD.size() ? AHEAD.get(i + 1) : Duration.ZERO;
        Instant from = now.plus(next);
        if (swept.isAfter(Instant.EPOCH) && swept.plus(ahead).isAfter(from)) {
          from = swept.plus(ahead);
        }
        told += remind(tenant, ahead, from, now.plus(ahead), now);
      }
    }
    swept = now;
    return told;
  }

  private int remind(Tenant tenant, Duration ahead, Instant from, Instant until, Instant now) {
    int told = 0;
    Instant after = from;
    List<ApiKey> rows;
    do {
      rows = store.ending(tenant.id(), after, until, ROWS);
      for (ApiKey key : rows) {
        // A key that was made for less than that needs no reminding of it.
        Instant renewed = key.secrets().getFirst().createdAt();
        if (Duration.between(renewed, key.expiresAt()).compareTo(ahead) > 0) {
          tell(key, ahead, now);
          told++;
        }
        after = key.expiresAt();
      }
    } while (rows.size() == ROWS);
    return told;
  }

  private void tell(ApiKey key, Duration ahead, Instant now) {
    long days = Math.max(1, Duration.between(now, key.expiresAt()).plusHours(12).toDays());
    notices.tell(
        key.tenant(),
        Notice.Kind.API_KEY_EXPIRING,
        // A renewal has reminders of its own.
        key.id() + "/" + ahead.toDays() + "/" + key.expiresAt().getEpochSecond(),
        key.id().value(),
        key.owner(),
        "The API key '%s' (…%s) ends in %d %s, on %s. Rotate it, or make another."
            .formatted(key.name(), key.hint(), days, days == 1 ? "day" : "days", key.expiresAt()));
  }
}

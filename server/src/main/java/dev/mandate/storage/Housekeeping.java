package dev.mandate.storage;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.monitoring.Observed;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/// Deletes what has been of no use for long. The app calls it now and then.
public final class Housekeeping {
  /// Past its expiry, a used code still tells a replay from a guess.
  static final Duration CODES_KEPT = Duration.ofDays(1);

  /// Past its expiry, a refresh token is still found by who asks what became of it.
  static final Duration REFRESH_TOKENS_KEPT = Duration.ofDays(30);

  /// How far behind a node may fall in hearing of revocations.
  static final Duration REVOCATIONS_KEPT = Duration.ofDays(7);

  /// A replayed journal may still charge a day that lies this far back.
  static final Duration DAYS_KEPT = Duration.ofDays(70);

  static final Duration HOURS_KEPT = Duration.ofDays(2);
  static final Duration MINUTES_KEPT = Duration.ofHours(1);

  /// What was told is told again only after this.
  static final Duration NOTICES_KEPT = Duration.ofDays(180);

  /// After which a caller that comes back is a new one.
  static final Duration BASELINES_KEPT = Duration.ofDays(90);

  /// A debt that is larger than a day's worth of a rate limit is forgotten then.
  static final Duration RATES_KEPT = Duration.ofDays(1);

  /// Past their end.
  static final Duration DELIVERIES_KEPT = Duration.ofDays(30);

  /// Past its deletion or expiry, nobody else can claim a provider's id.
  static final Duration STORED_OBJECTS_KEPT = Duration.ofDays(30);

  /// Rows that one operation deletes, so that other writers don't wait long behind it.
  static final int ROWS_PER_WRITE_MAX = 1_000;

  private static final String TENANTS = "SELECT tenant_id FROM tenants";

  private static final String CODES =
      """
      DELETE FROM codes WHERE tenant_id = :tenant AND hash IN (
        SELECT hash FROM codes WHERE tenant_id = :tenant AND expires_at < :before LIMIT :rows)
      """;

  private static final String PENDING_AUTHORIZATIONS =
      """
      DELETE FROM pending_authorizations WHERE tenant_id = :tenant AND pending_id IN (
        SELECT pending_id FROM pending_authorizations
        WHERE tenant_id = :tenant AND expires_at < :before LIMIT :rows)
      """;

  private static final String PUSHED_AUTHORIZATIONS =
      """
      DELETE FROM pushed_authorizations WHERE tenant_id = :tenant AND hash IN (
        SELECT hash FROM pushed_authorizations
        WHERE tenant_id = :tenant AND expires_at < :before LIMIT :rows)
      """;

  private static final String DEVICE_REQUESTS =
      """
      DELETE FROM device_requests WHERE tenant_id = :tenant AND hash IN (
        SELECT hash FROM device_requests
        WHERE tenant_id = :tenant AND expires_at < :before LIMIT :rows)
      """;

  private static final String SESSIONS =
      """
      DELETE FROM sessions WHERE tenant_id = :tenant AND hash IN (
        SELECT hash FROM sessions WHERE tenant_id = :tenant AND expires_at < :before LIMIT :rows)
      """;

  private static final String REVOKED_TOKENS =
      """
      DELETE FROM revoked_tokens WHERE tenant_id = :tenant AND jti IN (
        SELECT jti FROM revoked_tokens WHERE tenant_id = :tenant AND expires_at < :before
        LIMIT :rows)
      """;

  private static final String USED_ONCE =
      """
      DELETE FROM used_once WHERE tenant_id = :tenant AND hash IN (
        SELECT hash FROM used_once WHERE tenant_id = :tenant AND expires_at < :before LIMIT :rows)
      """;

  private static final String SIGN_IN_ATTEMPTS =
      """
      DELETE FROM sign_in_attempts WHERE tenant_id = :tenant AND subject IN (
        SELECT subject FROM sign_in_attempts WHERE tenant_id = :tenant AND window_ends_at < :before
        LIMIT :rows)
      """;

  private static final String IDEMPOTENCY_KEYS =
      """
      DELETE FROM idempotency_keys WHERE tenant_id = :tenant AND (caller, idempotency_key) IN (
        SELECT caller, idempotency_key FROM idempotency_keys
        WHERE tenant_id = :tenant AND expires_at < :before LIMIT :rows)
      """;

  private static final String REVOCATIONS =
      """
      DELETE FROM revocations WHERE tenant_id = :tenant AND seq IN (
        SELECT seq FROM revocations WHERE tenant_id = :tenant AND at < :before LIMIT :rows)
      """;

  private static final String ACCOUNT_WINDOWS =
      """
      DELETE FROM account_windows WHERE tenant_id = :tenant AND (account, period, window_id) IN (
        SELECT account, period, window_id FROM account_windows
        WHERE tenant_id = :tenant AND period = '{period}' AND window_id < :before LIMIT :rows)
      """;

  /// Those over an account's life stay. So do, for a while, rows of nothing: they say which ask was
  /// a node's latest, and one that comes late must not be granted.
  private static final String LEASES =
      """
      DELETE FROM leases WHERE tenant_id = :tenant
        AND (account, node, unit, period, window_id) IN (
          SELECT account, node, unit, period, window_id FROM leases
          WHERE tenant_id = :tenant AND period = '{period}' AND window_id < :before LIMIT :rows)
      """;

  private static final String DELIVERIES =
      """
      DELETE FROM deliveries WHERE tenant_id = :tenant AND delivery_id IN (
        SELECT delivery_id FROM deliveries
        WHERE tenant_id = :tenant AND next_at IS NULL AND ended_at < :before LIMIT :rows)
      """;

  private static final String FINDINGS =
      """
      DELETE FROM findings WHERE tenant_id = :tenant AND finding_id IN (
        SELECT finding_id FROM findings WHERE tenant_id = :tenant AND at < :before LIMIT :rows)
      """;

  /// Of callers that were not seen for long.
  private static final String BASELINES =
      """
      DELETE FROM baselines WHERE tenant_id = :tenant AND caller IN (
        SELECT caller FROM baselines WHERE tenant_id = :tenant AND slot < :before LIMIT :rows)
      """;

  /// Its deliveries have ended long before.
  private static final String NOTICES =
      """
      DELETE FROM notices WHERE tenant_id = :tenant AND notice_id IN (
        SELECT notice_id FROM notices WHERE tenant_id = :tenant AND at < :before
          AND NOT EXISTS (
            SELECT 1 FROM deliveries
            WHERE tenant_id = :tenant AND deliveries.notice_id = notices.notice_id)
        LIMIT :rows)
      """;

  private static final String PROMPT_LOG =
      """
      DELETE FROM prompt_log WHERE tenant_id = :tenant AND call_id IN (
        SELECT call_id FROM prompt_log
        WHERE tenant_id = :tenant AND expires_at < :before LIMIT :rows)
      """;

  private static final String STORED_OBJECTS =
      """
      DELETE FROM stored_objects WHERE tenant_id = :tenant AND object_id IN (
        SELECT object_id FROM stored_objects
        WHERE tenant_id = :tenant AND (deleted_at < :before OR expires_at < :before) LIMIT :rows)
      """;

  /// A level that nobody touched for so long has run off.
  private static final String RATE_LEVELS =
      """
      DELETE FROM rate_levels WHERE tenant_id = :tenant AND (bucket, unit) IN (
        SELECT bucket, unit FROM rate_levels WHERE tenant_id = :tenant AND at < :before
        LIMIT :rows)
      """;

  /// Of processes that are gone.
  private static final String RATE_PLACES =
      """
      DELETE FROM rate_places WHERE tenant_id = :tenant AND (bucket, boot) IN (
        SELECT bucket, boot FROM rate_places WHERE tenant_id = :tenant
          AND boot NOT IN (SELECT boot FROM rate_nodes WHERE seen_at >= :before)
        LIMIT :rows)
      """;

  private static final String REFRESH_TOKENS =
      """
      DELETE FROM refresh_tokens WHERE tenant_id = :tenant AND hash IN (
        SELECT hash FROM refresh_tokens WHERE tenant_id = :tenant AND expires_at < :before
        LIMIT :rows)
      RETURNING family
      """;

  private static final String REFRESH_FAMILY =
      """
      DELETE FROM refresh_families WHERE tenant_id = :tenant AND family = :family
        AND NOT EXISTS (
          SELECT 1 FROM refresh_tokens WHERE tenant_id = :tenant AND family = :family)
      """;

  private final Database database;

  Housekeeping(Database database) {
    this.database = database;
  }

  /// Deletes in small transactions.
  ///
  /// @return how many rows
  public int sweep(Instant now) {
    int swept = 0;
    for (TenantId tenant : tenants()) {
      swept += sweep(CODES, tenant, now.minus(CODES_KEPT).toEpochMilli());
      swept += sweep(PENDING_AUTHORIZATIONS, tenant, now.toEpochMilli());
      swept += sweep(PUSHED_AUTHORIZATIONS, tenant, now.toEpochMilli());
      swept += sweep(DEVICE_REQUESTS, tenant, now.minus(CODES_KEPT).toEpochMilli());
      swept += sweep(SESSIONS, tenant, now.toEpochMilli());
      swept += sweep(REVOKED_TOKENS, tenant, now.toEpochMilli());
      swept += sweep(USED_ONCE, tenant, now.toEpochMilli());
      swept += sweep(SIGN_IN_ATTEMPTS, tenant, now.toEpochMilli());
      swept += sweep(IDEMPOTENCY_KEYS, tenant, now.toEpochMilli());
      swept += sweep(REVOCATIONS, tenant, now.minus(REVOCATIONS_KEPT).toEpochMilli());
      swept += sweepWindows(tenant, Period.MINUTE, now.minus(MINUTES_KEPT));
      swept += sweepWindows(tenant, Period.HOUR, now.minus(HOURS_KEPT));
      swept += sweepWindows(tenant, Period.DAY, now.minus(DAYS_KEPT));
      swept += sweepWindows(tenant, Period.MONTH, now.minus(DAYS_KEPT));
      swept += sweep(DELIVERIES, tenant, now.minus(DELIVERIES_KEPT).toEpochMilli());
      swept += sweep(FINDINGS, tenant, now.minus(NOTICES_KEPT).toEpochMilli());
      swept += sweep(BASELINES, tenant, Observed.slotOf(now.minus(BASELINES_KEPT).toEpochMilli()));
      swept += sweep(NOTICES, tenant, now.minus(NOTICES_KEPT).toEpochMilli());
      swept += sweep(STORED_OBJECTS, tenant, now.minus(STORED_OBJECTS_KEPT).toEpochMilli());
      swept += sweep(PROMPT_LOG, tenant, now.toEpochMilli());
      swept += sweep(RATE_LEVELS, tenant, now.minus(RATES_KEPT).toEpochMilli());
      swept += sweep(RATE_PLACES, tenant, now.minus(RATES_KEPT).toEpochMilli());
      swept += sweepRefreshTokens(tenant, now.minus(REFRESH_TOKENS_KEPT));
    }
    return swept;
  }

  private int sweepWindows(TenantId tenant, Period period, Instant before) {
    long first = CalendarWindows.at(ZoneOffset.UTC, before).id(period);
    return sweep(ACCOUNT_WINDOWS.replace("{period}", period.wire()), tenant, first)
        + sweep(LEASES.replace("{period}", period.wire()), tenant, first);
  }

  private List<TenantId> tenants() {
    return database.read(
        handle ->
            handle
                .createQuery(TENANTS)
                .map((row, _) -> new TenantId(Columns.text(row, "tenant_id")))
                .list());
  }

  private int sweep(String sql, TenantId tenant, long before) {
    int swept = 0;
    int rows;
    do {
      rows =
          database.write(
              handle ->
                  handle
                      .createUpdate(sql)
                      .bind("tenant", tenant.value())
                      .bind("before", before)
                      .bind("rows", ROWS_PER_WRITE_MAX)
                      .execute());
      swept += rows;
    } while (rows == ROWS_PER_WRITE_MAX);
    return swept;
  }

  private int sweepRefreshTokens(TenantId tenant, Instant before) {
    int swept = 0;
    int rows;
    do {
      rows = database.write(handle -> deleteRefreshTokens(handle, tenant, before));
      swept += rows;
    } while (rows == ROWS_PER_WRITE_MAX);
    return swept;
  }

  private static int deleteRefreshTokens(Handle handle, TenantId tenant, Instant before) {
    List<String> families =
        handle
            .createQuery(REFRESH_TOKENS)
            .bind("tenant", tenant.value())
            .bind("before", before.toEpochMilli())
            .bind("rows", ROWS_PER_WRITE_MAX)
            .map((row, _) -> Columns.text(row, "family"))
            .list();
    Set<String> emptied = new HashSet<>(families);
    for (String family : emptied) {
      handle
          .createUpdate(REFRESH_FAMILY)
          .bind("tenant", tenant.value())
          .bind("family", family)
          .execute();
    }
    return families.size();
  }
}

package dev.mandate.storage;

import dev.mandate.domain.credential.CredentialLifeStore;
import dev.mandate.domain.credential.CredentialState;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

final class JdbcCredentialLifeStore implements CredentialLifeStore {
  /// Rejections that lie further apart have nothing to do with each other.
  private static final Duration REJECTIONS_COUNTED = Duration.ofDays(1);

  /// How long a test may take before another node tries.
  private static final Duration RETRY_HELD = Duration.ofMinutes(1);

  private static final String TENANTS =
      "SELECT DISTINCT tenant_id FROM credentials WHERE state IN ('draining', 'rejected')";

  private static final String FIND =
      "SELECT "
          + CredentialRows.COLUMNS
          + " FROM credentials WHERE tenant_id = :tenant AND credential_id = :credential";

  private static final String REJECT =
      """
      UPDATE credentials SET state = :state, rejections = :rejections, retry_at = :retry_at,
        last_error = :error, last_error_at = :now
      WHERE tenant_id = :tenant AND credential_id = :credential
      """;

  private static final String RECOVER =
      """
      UPDATE credentials SET state = 'active', retry_at = NULL
      WHERE tenant_id = :tenant AND credential_id = :credential AND state = 'rejected'
      """;

  private static final String TAKE_RETRIES =
      """
      UPDATE credentials SET retry_at = :held_until
      WHERE tenant_id = :tenant AND state = 'rejected' AND retry_at <= :now AND credential_id IN (
        SELECT credential_id FROM credentials
        WHERE tenant_id = :tenant AND state = 'rejected' AND retry_at <= :now
        ORDER BY retry_at, credential_id LIMIT :limit)
      RETURNING
      """
          + CredentialRows.COLUMNS;

  private static final String BUSY =
      """
      UPDATE credentials SET busy_at = CASE WHEN busy_at > :now THEN busy_at ELSE :now END
      WHERE tenant_id = :tenant AND credential_id = :credential AND state = 'draining'
      """;

  private static final String RETIRE =
      """
      UPDATE credentials SET state = 'retired', busy_at = NULL, ends_at = NULL
      WHERE tenant_id = :tenant AND state = 'draining' AND (busy_at <= :quiet OR ends_at <= :now)
      RETURNING
      """
          + CredentialRows.COLUMNS;

  private static final String USED =
      """
      UPDATE credentials SET last_used_at = :now
      WHERE tenant_id = :tenant AND credential_id = :credential
        AND (last_used_at IS NULL OR last_used_at < :now)
      """;

  private static final String TAKING_CALLS_SINCE =
      "SELECT "
          + CredentialRows.COLUMNS
          + """
           FROM credentials
          WHERE tenant_id = :tenant AND state = 'active' AND weight > 0 AND created_at < :before
          ORDER BY created_at, credential_id
          """;

  private final Database database;
  private final Announcements announcements;

  JdbcCredentialLifeStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public List<TenantId> tenants() {
    return database.read(
        handle ->
            handle
                .createQuery(TENANTS)
                .map((row, _) -> new TenantId(Columns.text(row, "tenant_id")))
                .list());
  }

  @Override
  public @Nullable Stored find(TenantId tenant, String id) {
    return database
        .read(handle -> Optional.ofNullable(find(handle, FIND, tenant, id)))
        .orElse(null);
  }

  @Override
  public boolean reject(TenantId tenant, String id, String why, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          Stored stored = locked(handle, tenant, id);
          if (stored == null) {
            return false;
          }
          boolean taking = stored.state() == CredentialState.ACTIVE;
          if (taking) {
            rejected(handle, stored, why, now);
            announce.accept(new Change.PolicyChanged(tenant));
          } else {
            write(handle, stored, stored.state(), stored.rejections(), stored.retryAt(), why, now);
          }
          return taking;
        });
  }

  @Override
  public void stillRejected(TenantId tenant, String id, Instant now) {
    database.write(
        handle -> {
          Stored stored = locked(handle, tenant, id);
          if (stored != null && stored.state() == CredentialState.REJECTED) {
            rejected(handle, stored, "rejected", now);
          }
          return true;
        });
  }

  private @Nullable Stored locked(Handle handle, TenantId tenant, String id) {
    return find(handle, FIND + database.forUpdate(), tenant, id);
  }

  private static @Nullable Stored find(Handle handle, String sql, TenantId tenant, String id) {
    return handle
        .createQuery(sql)
        .bind("tenant", tenant.value())
        .bind("credential", id)
        .map(CredentialRows::stored)
        .findOne()
        .orElse(null);
  }

  private static void rejected(Handle handle, Stored stored, String why, Instant now) {
    Instant last = stored.lastErrorAt();
    boolean counts = last != null && last.plus(REJECTIONS_COUNTED).isAfter(now);
    int rejections = counts ? stored.rejections() + 1 : 1;
    Duration wait = CredentialLifeStore.retryAfter(rejections);
    write(
        handle,
        stored,
        CredentialState.REJECTED,
        rejections,
        wait == null ? null : now.plus(wait),
        why,
        now);
  }

  private static void write(
      Handle handle,
      Stored stored,
      CredentialState state,
      int rejections,
      @Nullable Instant retryAt,
      String why,
      Instant now) {
    handle
        .createUpdate(REJECT)
        .bind("tenant", stored.tenant().value())
        .bind("credential", stored.id())
        .bind("state", state.wire())
        .bind("rejections", rejections)
        .bind("retry_at", Columns.millis(retryAt))
        .bind("error", why)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  @Override
  public boolean recover(TenantId tenant, String id, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          boolean changed =
              handle
                      .createUpdate(RECOVER)
                      .bind("tenant", tenant.value())
                      .bind("credential", id)
                      .execute()
                  == 1;
          if (changed) {
            announce.accept(new Change.PolicyChanged(tenant));
          }
          return changed;
        });
  }

  @Override
  public List<Stored> takeRetries(TenantId tenant, Instant now, int limit) {
    return database.write(
        handle ->
            handle
                .createQuery(TAKE_RETRIES)
                .bind("tenant", tenant.value())
                .bind("now", now.toEpochMilli())
                .bind("held_until", now.plus(RETRY_HELD).toEpochMilli())
                .bind("limit", limit)
                .map(CredentialRows::stored)
                .list());
  }

  @Override
  public void busy(TenantId tenant, Collection<String> ids, Instant now) {
    batch(BUSY, tenant, ids, _ -> now);
  }

  @Override
  public List<Stored> retire(TenantId tenant, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          List<Stored> retired =
              handle
                  .createQuery(RETIRE)
                  .bind("tenant", tenant.value())
                  .bind("now", now.toEpochMilli())
                  .bind("quiet", now.minus(DRAIN_QUIET).toEpochMilli())
                  .map(CredentialRows::stored)
                  .list();
          retired.forEach(one -> announce.accept(new Change.CredentialRevoked(tenant, one.id())));
          return retired;
        });
  }

  @Override
  public void used(TenantId tenant, Map<String, Instant> lastUsed) {
    batch(USED, tenant, lastUsed.keySet(), lastUsed::get);
  }

  private void batch(
      String sql,
      TenantId tenant,
      Collection<String> ids,
      java.util.function.Function<String, @Nullable Instant> at) {
    if (ids.isEmpty()) {
      return;
    }
    // In one order: two nodes that write the same rows must not wait for each other.
    List<String> sorted = ids.stream().sorted().toList();
    database.write(
        handle -> {
          PreparedBatch batch = handle.prepareBatch(sql);
          for (String id : sorted) {
            batch
                .bind("tenant", tenant.value())
                .bind("credential", id)
                .bind("now", Columns.millis(at.apply(id)))
                .add();
          }
          return batch.execute().length;
        });
  }

  @Override
  public List<Stored> takingCallsSince(TenantId tenant, Instant before) {
    return database.read(
        handle ->
            handle
                .createQuery(TAKING_CALLS_SINCE)
                .bind("tenant", tenant.value())
                .bind("before", before.toEpochMilli())
                .map(CredentialRows::stored)
                .list());
  }
}

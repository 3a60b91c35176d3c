package dev.mandate.storage;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.promptlog.PromptLogPolicy;
import dev.mandate.domain.promptlog.PromptLogStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbcPromptLogStore implements PromptLogStore {
  private static final String POLICY =
      "SELECT per_mille, kept_seconds FROM prompt_log_policies WHERE tenant_id = :tenant";

  private static final String SET_POLICY =
      """
      INSERT INTO prompt_log_policies (tenant_id, per_mille, kept_seconds)
      VALUES (:tenant, :per_mille, :kept_seconds)
      ON CONFLICT (tenant_id) DO UPDATE SET
        per_mille = excluded.per_mille, kept_seconds = excluded.kept_seconds
      """;

  private static final String KEEP =
      """
      INSERT INTO prompt_log (tenant_id, call_id, mandate_id, upstream, model, at, expires_at, sealed)
      VALUES (:tenant, :call, :mandate, :upstream, :model, :at, :expires_at, :sealed)
      ON CONFLICT (tenant_id, call_id) DO NOTHING
      """;

  private static final String SELECT =
      """
      SELECT tenant_id, call_id, mandate_id, upstream, model, at, expires_at, sealed
      FROM prompt_log WHERE tenant_id = :tenant AND expires_at > :now
      """;

  private static final String FIND = SELECT + " AND call_id = :call";

  private static final String PAGE =
      SELECT
          + """
           AND (:mandate = '' OR mandate_id = :mandate)
          AND (at < :before_at OR (at = :before_at AND call_id < :before_call))
          ORDER BY at DESC, call_id DESC LIMIT :limit
          """;

  private final Database database;
  private final Announcements announcements;

  JdbcPromptLogStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public PromptLogPolicy policy(TenantId tenant) {
    return database.read(handle -> policy(handle, POLICY, tenant));
  }

  private static PromptLogPolicy policy(Handle handle, String sql, TenantId tenant) {
    return handle
        .createQuery(sql)
        .bind("tenant", tenant.value())
        .map(
            (row, _) ->
                new PromptLogPolicy(
                    row.getInt("per_mille"), Duration.ofSeconds(row.getLong("kept_seconds"))))
        .findOne()
        .orElse(PromptLogPolicy.OFF);
  }

  @Override
  public boolean replace(TenantId tenant, PromptLogPolicy expected, PromptLogPolicy replacement) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, tenant);
          if (!policy(handle, POLICY, tenant).equals(expected)) {
            return false;
          }
          handle
              .createUpdate(SET_POLICY)
              .bind("tenant", tenant.value())
              .bind("per_mille", replacement.perMille())
              .bind("kept_seconds", replacement.kept().toSeconds())
              .execute();
          announce.accept(new Change.PolicyChanged(tenant));
          return true;
        });
  }

  @Override
  public boolean keep(Kept kept) {
    return database.write(
        handle -> {
          // Who turns it off waits for this row, or this for it.
          String lock = POLICY + database.forShare();
          if (!policy(handle, lock, kept.tenant()).isOn()) {
            return false;
          }
          return handle
                  .createUpdate(KEEP)
                  .bind("tenant", kept.tenant().value())
                  .bind("call", kept.call())
                  .bind("mandate", kept.mandate().value())
                  .bind("upstream", kept.upstream())
                  .bind("model", kept.model())
                  .bind("at", kept.at().toEpochMilli())
                  .bind("expires_at", kept.expiresAt().toEpochMilli())
                  .bind("sealed", kept.sealed())
                  .execute()
              == 1;
        });
  }

  @Override
  public List<Kept> page(
      TenantId tenant,
      @Nullable MandateId mandate,
      Instant now,
      @Nullable Instant beforeAt,
      @Nullable String beforeCall,
      int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("mandate", mandate == null ? "" : mandate.value())
                .bind("now", now.toEpochMilli())
                .bind("before_at", beforeAt == null ? Long.MAX_VALUE : beforeAt.toEpochMilli())
                .bind("before_call", beforeCall == null ? "" : beforeCall)
                .bind("limit", limit)
                .map((row, _) -> kept(row))
                .list());
  }

  @Override
  public @Nullable Kept find(TenantId tenant, String call, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("call", call)
                    .bind("now", now.toEpochMilli())
                    .map((row, _) -> kept(row))
                    .findOne())
        .orElse(null);
  }

  private static Kept kept(ResultSet row) throws SQLException {
    return new Kept(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "call_id"),
        new MandateId(Columns.text(row, "mandate_id")),
        Columns.text(row, "upstream"),
        Columns.text(row, "model"),
        Columns.instant(row, "at"),
        Columns.instant(row, "expires_at"),
        Columns.bytes(row, "sealed"));
  }
}

package dev.mandate.storage;

import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.RateLimitStore;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcRateLimitStore implements RateLimitStore {
  private static final String ALL =
      """
      SELECT tenant_id, limit_id, holder, subject, model, requests_per_minute, tokens_per_minute,
        concurrent_calls, configured, created_at
      FROM rate_limits WHERE tenant_id = :tenant
      """;

  private static final String FIND = ALL + " AND limit_id = :id";
  private static final String PAGE = ALL + " AND limit_id > :after ORDER BY limit_id LIMIT :limit";

  private static final String COUNT =
      "SELECT COUNT(*) AS limits FROM rate_limits WHERE tenant_id = :tenant";

  private static final String INSERT =
      """
      INSERT INTO rate_limits (tenant_id, limit_id, holder, subject, model, requests_per_minute,
        tokens_per_minute, concurrent_calls, configured, created_at)
      VALUES (:tenant, :id, :holder, :subject, :model, :requests, :tokens, :calls, :configured,
        :created_at)
      ON CONFLICT (tenant_id, holder, subject, model) DO NOTHING
      """;

  // The file may set what came in at the admin API: from then on it is the file's.
  private static final String UPDATE =
      """
      UPDATE rate_limits SET requests_per_minute = :requests, tokens_per_minute = :tokens,
        concurrent_calls = :calls, configured = :configured
      WHERE tenant_id = :tenant AND limit_id = :id
      """;

  private static final String DELETE =
      "DELETE FROM rate_limits WHERE tenant_id = :tenant AND limit_id = :id";

  private final Database database;
  private final Announcements announcements;

  JdbcRateLimitStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public List<RateLimit> all(TenantId tenant) {
    return database.read(handle -> all(handle, tenant));
  }

  private static List<RateLimit> all(Handle handle, TenantId tenant) {
    return handle
        .createQuery(ALL)
        .bind("tenant", tenant.value())
        .map(JdbcRateLimitStore::limit)
        .list();
  }

  @Override
  public List<RateLimit> page(TenantId tenant, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(JdbcRateLimitStore::limit)
                .list());
  }

  @Override
  public @Nullable RateLimit find(TenantId tenant, String id) {
    return database.read(handle -> find(handle, tenant, id)).orElse(null);
  }

  private static Optional<RateLimit> find(Handle handle, TenantId tenant, String id) {
    return handle
        .createQuery(FIND)
        .bind("tenant", tenant.value())
        .bind("id", id)
        .map(JdbcRateLimitStore::limit)
        .findOne();
  }

  @Override
  public Inserted insert(RateLimit limit) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, limit.tenant());
          int there =
              handle
                  .createQuery(COUNT)
                  .bind("tenant", limit.tenant().value())
                  .map((row, _) -> row.getInt("limits"))
                  .one();
          if (there >= PER_TENANT_MAX) {
            return Inserted.FULL;
          }
          if (insert(handle, limit) == 0) {
            return Inserted.THERE;
          }
          announce.accept(new Change.PolicyChanged(limit.tenant()));
          return Inserted.DONE;
        });
  }

  private static int insert(Handle handle, RateLimit limit) {
    return handle
        .createUpdate(INSERT)
        .bind("tenant", limit.tenant().value())
        .bind("id", limit.id())
        .bind("holder", limit.holder().wire())
        .bind("subject", limit.subject() == null ? "" : limit.subject())
        .bind("model", limit.model() == null ? "" : limit.model())
        .bind("requests", limit.rates().requestsPerMinute())
        .bind("tokens", limit.rates().tokensPerMinute())
        .bind("calls", limit.rates().concurrentCalls())
        .bind("configured", Columns.flag(limit.configured()))
        .bind("created_at", limit.createdAt().toEpochMilli())
        .execute();
  }

  @Override
  public boolean replace(RateLimit expected, Rates rates) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, expected.tenant());
          RateLimit now = find(handle, expected.tenant(), expected.id()).orElse(null);
          if (now == null || !now.rates().equals(expected.rates())) {
            return false;
          }
          update(handle, now, rates, now.configured());
          announce.accept(new Change.PolicyChanged(expected.tenant()));
          return true;
        });
  }

  private static void update(Handle handle, RateLimit limit, Rates rates, boolean configured) {
    handle
        .createUpdate(UPDATE)
        .bind("tenant", limit.tenant().value())
        .bind("id", limit.id())
        .bind("requests", rates.requestsPerMinute())
        .bind("tokens", rates.tokensPerMinute())
        .bind("calls", rates.concurrentCalls())
        .bind("configured", Columns.flag(configured))
        .execute();
  }

  @Override
  public boolean delete(TenantId tenant, String id) {
    return announcements.write(
        (handle, announce) -> {
          boolean deleted = delete(handle, tenant, id);
          if (deleted) {
            announce.accept(new Change.PolicyChanged(tenant));
          }
          return deleted;
        });
  }

  private static boolean delete(Handle handle, TenantId tenant, String id) {
    return handle.createUpdate(DELETE).bind("tenant", tenant.value()).bind("id", id).execute() == 1;
  }

  @Override
  public void configure(TenantId tenant, List<RateLimit> limits) {
    boolean _ =
        announcements.write(
            (handle, announce) -> {
              TenantLock.take(handle, database, tenant);
              boolean changed = false;
              List<RateLimit> before = all(handle, tenant);
              for (RateLimit old : before) {
                if (old.configured() && limits.stream().noneMatch(one -> same(one, old))) {
                  changed |= delete(handle, tenant, old.id());
                }
              }
              for (RateLimit one : limits) {
                List<RateLimit> there = before.stream().filter(old -> same(old, one)).toList();
                if (there.isEmpty()) {
                  changed |= insert(handle, one) == 1;
                } else if (!there.getFirst().configured()
                    || !there.getFirst().rates().equals(one.rates())) {
                  update(handle, there.getFirst(), one.rates(), true);
                  changed = true;
                }
              }
              if (changed) {
                announce.accept(new Change.PolicyChanged(tenant));
              }
              return changed;
            });
  }

  private static boolean same(RateLimit a, RateLimit b) {
    return a.isFor(b.holder(), b.subject(), b.model());
  }

  private static RateLimit limit(ResultSet row, StatementContext context) throws SQLException {
    RateHolder holder = RateHolder.ofWire(Columns.text(row, "holder"));
    if (holder == null) {
      throw new SQLException("holder '" + Columns.text(row, "holder") + "' of a later release");
    }
    String subject = Columns.text(row, "subject");
    String model = Columns.text(row, "model");
    return new RateLimit(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "limit_id"),
        holder,
        subject.isEmpty() ? null : subject,
        model.isEmpty() ? null : model,
        new Rates(
            Columns.longOrNull(row, "requests_per_minute"),
            Columns.longOrNull(row, "tokens_per_minute"),
            Columns.longOrNull(row, "concurrent_calls")),
        Columns.flag(row, "configured"),
        Columns.instant(row, "created_at"));
  }
}

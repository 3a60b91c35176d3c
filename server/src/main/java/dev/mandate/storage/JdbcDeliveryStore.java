package dev.mandate.storage;

import dev.mandate.domain.notice.Delivery;
import dev.mandate.domain.notice.DeliveryStore;
import dev.mandate.domain.notice.NoticeStore;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcDeliveryStore implements DeliveryStore {
  private static final String DUE =
      """
      SELECT tenant_id FROM tenants WHERE disabled = 0 AND EXISTS (
        SELECT 1 FROM deliveries
        WHERE deliveries.tenant_id = tenants.tenant_id AND next_at <= :now)
      ORDER BY tenant_id
      """;

  private static final String SELECT =
      """
      SELECT tenant_id, delivery_id, notice_id, channel, target, state, attempts, next_at, problem,
        created_at, ended_at
      FROM deliveries WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND delivery_id = :delivery";

  private static final String NEXT =
      SELECT + " AND next_at <= :now ORDER BY next_at, delivery_id LIMIT 1";

  private static final String CLAIM =
      """
      UPDATE deliveries SET attempts = attempts + 1, next_at = :until
      WHERE tenant_id = :tenant AND delivery_id = :delivery AND next_at <= :now
      """;

  // Only by who made the last attempt.
  private static final String END =
      """
      UPDATE deliveries SET state = :state, problem = :problem, next_at = :next_at,
        ended_at = :ended_at
      WHERE tenant_id = :tenant AND delivery_id = :delivery AND attempts = :attempts
        AND state = 'WAITING'
      """;

  private static final String PAGE =
      SELECT
          + """
           AND (:state = '' OR state = :state) AND (:notice = '' OR notice_id = :notice)
            AND (created_at, delivery_id) < (:before_at, :before_id)
          ORDER BY created_at DESC, delivery_id DESC LIMIT :limit
          """;

  private static final String REVIVE =
      """
      UPDATE deliveries SET state = 'WAITING', attempts = 0, next_at = :now, ended_at = NULL
      WHERE tenant_id = :tenant AND delivery_id = :delivery AND state = 'DEAD'
      """;

  /// Behind every id: where a list begins that goes on behind nothing.
  private static final String LAST = "~";

  private final Database database;

  JdbcDeliveryStore(Database database) {
    this.database = database;
  }

  @Override
  public List<TenantId> due(Instant now) {
    return database.read(
        handle ->
            handle
                .createQuery(DUE)
                .bind("now", now.toEpochMilli())
                .map((row, _) -> new TenantId(Columns.text(row, "tenant_id")))
                .list());
  }

  @Override
  public @Nullable Delivery claim(TenantId tenant, Instant now, Instant until) {
    return database
        .write(
            handle ->
                handle
                    .createQuery(NEXT + database.forUpdate())
                    .bind("tenant", tenant.value())
                    .bind("now", now.toEpochMilli())
                    .map(JdbcDeliveryStore::delivery)
                    .findOne()
                    // Of two that waited for the row, the second finds it claimed.
                    .filter(
                        next ->
                            handle
                                    .createUpdate(CLAIM)
                                    .bind("tenant", tenant.value())
                                    .bind("delivery", next.id())
                                    .bind("now", now.toEpochMilli())
                                    .bind("until", until.toEpochMilli())
                                    .execute()
                                == 1))
        .map(next -> claimed(next, until))
        .orElse(null);
  }

  private static Delivery claimed(Delivery next, Instant until) {
    return new Delivery(
        next.tenant(),
        next.id(),
        next.notice(),
        next.channel(),
        next.target(),
        next.state(),
        next.attempts() + 1,
        until,
        next.problem(),
        next.createdAt(),
        next.endedAt());
  }

  @Override
  public void delivered(Delivery claimed, Instant now) {
    end(claimed, Delivery.State.DELIVERED, "", null, now);
  }

  @Override
  public void failed(Delivery claimed, String problem, @Nullable Instant nextAt, Instant now) {
    Delivery.State state = nextAt == null ? Delivery.State.DEAD : Delivery.State.WAITING;
    end(claimed, state, problem, nextAt, nextAt == null ? now : null);
  }

  private void end(
      Delivery claimed,
      Delivery.State state,
      String problem,
      @Nullable Instant nextAt,
      @Nullable Instant endedAt) {
    database.write(
        handle ->
            handle
                .createUpdate(END)
                .bind("tenant", claimed.tenant().value())
                .bind("delivery", claimed.id())
                .bind("attempts", claimed.attempts())
                .bind("state", state.name())
                .bind("problem", problem)
                .bind("next_at", Columns.millis(nextAt))
                .bind("ended_at", Columns.millis(endedAt))
                .execute());
  }

  @Override
  public List<Delivery> page(
      TenantId tenant, Filter filter, NoticeStore.@Nullable Place before, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("state", filter.state() == null ? "" : filter.state().name())
                .bind("notice", filter.notice() == null ? "" : filter.notice())
                .bind("before_at", before == null ? Long.MAX_VALUE : before.at().toEpochMilli())
                .bind("before_id", before == null ? LAST : before.id())
                .bind("limit", limit)
                .map(JdbcDeliveryStore::delivery)
                .list());
  }

  @Override
  public @Nullable Delivery find(TenantId tenant, String id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("delivery", id)
                    .map(JdbcDeliveryStore::delivery)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean revive(TenantId tenant, String id, Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(REVIVE)
                    .bind("tenant", tenant.value())
                    .bind("delivery", id)
                    .bind("now", now.toEpochMilli())
                    .execute())
        == 1;
  }

  private static Delivery delivery(ResultSet row, StatementContext context) throws SQLException {
    return new Delivery(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "delivery_id"),
        Columns.text(row, "notice_id"),
        Delivery.Channel.valueOf(Columns.text(row, "channel")),
        Columns.text(row, "target"),
        Delivery.State.valueOf(Columns.text(row, "state")),
        row.getInt("attempts"),
        Columns.instantOrNull(row, "next_at"),
        Columns.text(row, "problem"),
        Columns.instant(row, "created_at"),
        Columns.instantOrNull(row, "ended_at"));
  }
}

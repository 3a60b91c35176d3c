package dev.mandate.storage;

import dev.mandate.domain.notice.Delivery;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.NoticeStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcNoticeStore implements NoticeStore {
  private static final String SELECT =
      """
      SELECT tenant_id, notice_id, kind, once_key, subject, user_id, text, at, acknowledged_at,
        acknowledged_by
      FROM notices WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND notice_id = :notice";
  private static final String TOLD = SELECT + " AND kind = :kind AND once_key = :once";

  // An empty text and -1 stand for a part of the filter that lets all pass.
  private static final String PAGE =
      SELECT
          + """
           AND (:kind = '' OR kind = :kind) AND (:subject = '' OR subject = :subject)
            AND (:person = '' OR user_id = :person)
            AND (:acknowledged = -1
              OR (CASE WHEN acknowledged_at IS NULL THEN 0 ELSE 1 END) = :acknowledged)
            AND (at, notice_id) < (:before_at, :before_id)
          ORDER BY at DESC, notice_id DESC LIMIT :limit
          """;

  private static final String INSERT =
      """
      INSERT INTO notices (tenant_id, notice_id, kind, once_key, subject, user_id, text, at)
      VALUES (:tenant, :notice, :kind, :once, :subject, :person, :text, :at)
      ON CONFLICT (tenant_id, kind, once_key) DO NOTHING
      """;

  private static final String WEBHOOKS =
      """
      SELECT webhook_id, kinds FROM webhooks
      WHERE tenant_id = :tenant AND disabled = 0 ORDER BY webhook_id
      """;

  private static final String ADDRESSES =
      """
      SELECT address FROM alert_addresses WHERE tenant_id = :tenant
      UNION
      SELECT email AS address FROM users
      WHERE tenant_id = :tenant AND user_id = :person AND disabled = 0 AND email IS NOT NULL
      ORDER BY address
      """;

  private static final String DELIVER =
      """
      INSERT INTO deliveries (tenant_id, delivery_id, notice_id, channel, target, state, attempts,
        next_at, problem, created_at)
      VALUES (:tenant, :delivery, :notice, :channel, :target, :state, 0, :at, '', :at)
      """;

  private static final String ACKNOWLEDGE =
      """
      UPDATE notices SET acknowledged_at = COALESCE(acknowledged_at, :now),
        acknowledged_by = COALESCE(acknowledged_by, :by)
      WHERE tenant_id = :tenant AND notice_id = :notice
      """;

  /// Behind every id: where a list begins that goes on behind nothing.
  private static final String LAST = "~";

  private final Database database;

  JdbcNoticeStore(Database database) {
    this.database = database;
  }

  @Override
  public boolean insertFirst(Notice notice, boolean mails) {
    UserId person = notice.person();
    return database.write(
        handle -> {
          int inserted =
              handle
                  .createUpdate(INSERT)
                  .bind("tenant", notice.tenant().value())
                  .bind("notice", notice.id())
                  .bind("kind", notice.kind().wire())
                  .bind("once", notice.once())
                  .bind("subject", notice.subject())
                  .bind("person", person == null ? null : person.value())
                  .bind("text", notice.text())
                  .bind("at", notice.at().toEpochMilli())
                  .execute();
          if (inserted == 1) {
            deliver(handle, notice, mails);
          }
          return inserted == 1;
        });
  }

  private static void deliver(Handle handle, Notice notice, boolean mails) {
    int count = 0;
    for (String webhook : webhooks(handle, notice)) {
      deliver(handle, notice, count++, Delivery.Channel.WEBHOOK, webhook);
    }
    if (mails) {
      for (String address : addresses(handle, notice)) {
        deliver(handle, notice, count++, Delivery.Channel.MAIL, address);
      }
    }
  }

  private static List<String> webhooks(Handle handle, Notice notice) {
    return handle
        .createQuery(WEBHOOKS)
        .bind("tenant", notice.tenant().value())
        .map(
            (row, _) -> {
              List<String> kinds = Columns.texts(row, "kinds");
              return kinds.isEmpty() || kinds.contains(notice.kind().wire())
                  ? Columns.text(row, "webhook_id")
                  : "";
            })
        .filter(id -> !id.isEmpty())
        .list();
  }

  private static Set<String> addresses(Handle handle, Notice notice) {
    return new LinkedHashSet<>(
        handle
            .createQuery(ADDRESSES)
            .bind("tenant", notice.tenant().value())
            .bind("person", notice.person() == null ? "" : notice.person().value())
            .map((row, _) -> Columns.text(row, "address"))
            .list());
  }

  private static void deliver(
      Handle handle, Notice notice, int number, Delivery.Channel channel, String target) {
    handle
        .createUpdate(DELIVER)
        .bind("tenant", notice.tenant().value())
        .bind("delivery", notice.id().replaceFirst("^[a-z]+_", "dlv_") + "_" + number)
        .bind("notice", notice.id())
        .bind("channel", channel.name())
        .bind("target", target)
        .bind("state", Delivery.State.WAITING.name())
        .bind("at", notice.at().toEpochMilli())
        .execute();
  }

  @Override
  public List<Kept> page(TenantId tenant, Filter filter, @Nullable Place before, int limit) {
    Boolean acknowledged = filter.acknowledged();
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("kind", filter.kind() == null ? "" : filter.kind().wire())
                .bind("subject", filter.subject() == null ? "" : filter.subject())
                .bind("person", filter.person() == null ? "" : filter.person().value())
                .bind("acknowledged", acknowledged == null ? -1L : Columns.flag(acknowledged))
                .bind("before_at", before == null ? Long.MAX_VALUE : before.at().toEpochMilli())
                .bind("before_id", before == null ? LAST : before.id())
                .bind("limit", limit)
                .map(JdbcNoticeStore::kept)
                .list());
  }

  @Override
  public @Nullable Kept find(TenantId tenant, String id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("notice", id)
                    .map(JdbcNoticeStore::kept)
                    .findOne())
        .orElse(null);
  }

  @Override
  public @Nullable Kept told(TenantId tenant, Notice.Kind kind, String once) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(TOLD)
                    .bind("tenant", tenant.value())
                    .bind("kind", kind.wire())
                    .bind("once", once)
                    .map(JdbcNoticeStore::kept)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean acknowledge(TenantId tenant, String id, String by, Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(ACKNOWLEDGE)
                    .bind("tenant", tenant.value())
                    .bind("notice", id)
                    .bind("by", by)
                    .bind("now", now.toEpochMilli())
                    .execute())
        == 1;
  }

  private static Kept kept(ResultSet row, StatementContext context) throws SQLException {
    String kind = Columns.text(row, "kind");
    Notice.Kind known = Notice.Kind.ofWire(kind);
    if (known == null) {
      throw new StorageException("there is a notice of a kind that is not known here: " + kind);
    }
    String person = Columns.textOrNull(row, "user_id");
    return new Kept(
        new Notice(
            new TenantId(Columns.text(row, "tenant_id")),
            Columns.text(row, "notice_id"),
            Columns.text(row, "once_key"),
            known,
            Columns.text(row, "subject"),
            person == null ? null : new UserId(person),
            Columns.text(row, "text"),
            Columns.instant(row, "at")),
        Columns.instantOrNull(row, "acknowledged_at"),
        Columns.textOrNull(row, "acknowledged_by"));
  }
}

package dev.mandate.storage;

import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Webhook;
import dev.mandate.domain.notice.WebhookStore;
import dev.mandate.domain.tenant.TenantId;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcWebhookStore implements WebhookStore {
  private static final String SELECT =
      """
      SELECT tenant_id, webhook_id, url, kinds, disabled, disabled_why, created_at
      FROM webhooks WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND webhook_id = :webhook";

  private static final String PAGE =
      SELECT + " AND webhook_id > :after ORDER BY webhook_id LIMIT :limit";

  private static final String COUNT =
      "SELECT COUNT(*) AS webhooks FROM webhooks WHERE tenant_id = :tenant";

  private static final String INSERT =
      """
      INSERT INTO webhooks (tenant_id, webhook_id, url, kinds, sealed_secret, failures, disabled,
        disabled_why, created_at)
      VALUES (:tenant, :webhook, :url, :kinds, :secret, 0, :disabled, :why, :created_at)
      """;

  private static final String SECRETS =
      """
      SELECT sealed_secret, sealed_previous, previous_until FROM webhooks
      WHERE tenant_id = :tenant AND webhook_id = :webhook
      """;

  private static final String REPLACE =
      """
      UPDATE webhooks SET url = :url, kinds = :kinds, disabled = :disabled, disabled_why = :why,
        failures = CASE WHEN :disabled = 0 THEN 0 ELSE failures END
      WHERE tenant_id = :tenant AND webhook_id = :webhook
      """;

  private static final String ROTATE =
      """
      UPDATE webhooks SET sealed_previous = sealed_secret, sealed_secret = :secret,
        previous_until = :until
      WHERE tenant_id = :tenant AND webhook_id = :webhook
      """;

  private static final String DELIVERED =
      """
      UPDATE webhooks SET failures = 0
      WHERE tenant_id = :tenant AND webhook_id = :webhook AND failures > 0
      """;

  private static final String FAILED =
      """
      UPDATE webhooks SET failures = failures + 1
      WHERE tenant_id = :tenant AND webhook_id = :webhook AND disabled = 0
      """;

  private static final String DISABLE =
      """
      UPDATE webhooks SET disabled = 1, disabled_why = :why
      WHERE tenant_id = :tenant AND webhook_id = :webhook AND disabled = 0 AND failures >= :most
      """;

  private static final String DELETE =
      "DELETE FROM webhooks WHERE tenant_id = :tenant AND webhook_id = :webhook";

  private final Database database;

  JdbcWebhookStore(Database database) {
    this.database = database;
  }

  @Override
  public boolean insert(Webhook webhook, byte[] sealedSecret) {
    return database.write(
        handle -> {
          // Two that are made at the same time are counted one after the other.
          TenantLock.take(handle, database, webhook.tenant());
          int there =
              handle
                  .createQuery(COUNT)
                  .bind("tenant", webhook.tenant().value())
                  .map((row, _) -> row.getInt("webhooks"))
                  .one();
          if (there >= PER_TENANT_MAX) {
            return false;
          }
          handle
              .createUpdate(INSERT)
              .bind("tenant", webhook.tenant().value())
              .bind("webhook", webhook.id())
              .bind("url", webhook.url().toString())
              .bind("kinds", kinds(webhook))
              .bind("secret", sealedSecret)
              .bind("disabled", Columns.flag(webhook.disabled()))
              .bind("why", webhook.disabledWhy())
              .bind("created_at", webhook.createdAt().toEpochMilli())
              .execute();
          return true;
        });
  }

  private static String kinds(Webhook webhook) {
    return Columns.texts(webhook.kinds().stream().map(Notice.Kind::wire).toList());
  }

  @Override
  public List<Webhook> page(TenantId tenant, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(JdbcWebhookStore::webhook)
                .list());
  }

  @Override
  public @Nullable Webhook find(TenantId tenant, String id) {
    return database
        .read(handle -> Optional.ofNullable(find(handle, FIND, tenant, id)))
        .orElse(null);
  }

  private static @Nullable Webhook find(Handle handle, String sql, TenantId tenant, String id) {
    return handle
        .createQuery(sql)
        .bind("tenant", tenant.value())
        .bind("webhook", id)
        .map(JdbcWebhookStore::webhook)
        .findOne()
        .orElse(null);
  }

  @Override
  public @Nullable Secrets secrets(TenantId tenant, String id, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(SECRETS)
                    .bind("tenant", tenant.value())
                    .bind("webhook", id)
                    .map((row, _) -> secrets(row, now))
                    .findOne())
        .orElse(null);
  }

  private static Secrets secrets(ResultSet row, Instant now) throws SQLException {
    Instant until = Columns.instantOrNull(row, "previous_until");
    boolean both = until != null && now.isBefore(until);
    return new Secrets(
        Columns.bytes(row, "sealed_secret"), both ? Columns.bytes(row, "sealed_previous") : null);
  }

  @Override
  public boolean replace(Webhook expected, Webhook replacement) {
    return database.write(
        handle -> {
          Webhook now = find(handle, FIND + database.forUpdate(), expected.tenant(), expected.id());
          if (!Objects.equals(now, expected)) {
            return false;
          }
          handle
              .createUpdate(REPLACE)
              .bind("tenant", expected.tenant().value())
              .bind("webhook", expected.id())
              .bind("url", replacement.url().toString())
              .bind("kinds", kinds(replacement))
              .bind("disabled", Columns.flag(replacement.disabled()))
              .bind("why", replacement.disabledWhy())
              .execute();
          return true;
        });
  }

  @Override
  public boolean rotate(TenantId tenant, String id, byte[] sealedSecret, Instant previousUntil) {
    return database.write(
            handle ->
                handle
                    .createUpdate(ROTATE)
                    .bind("tenant", tenant.value())
                    .bind("webhook", id)
                    .bind("secret", sealedSecret)
                    .bind("until", previousUntil.toEpochMilli())
                    .execute())
        == 1;
  }

  @Override
  public void delivered(TenantId tenant, String id) {
    database.write(
        handle ->
            handle
                .createUpdate(DELIVERED)
                .bind("tenant", tenant.value())
                .bind("webhook", id)
                .execute());
  }

  @Override
  public boolean failed(TenantId tenant, String id, int failuresMax, String why) {
    return database.write(
        handle -> {
          handle.createUpdate(FAILED).bind("tenant", tenant.value()).bind("webhook", id).execute();
          return handle
                  .createUpdate(DISABLE)
                  .bind("tenant", tenant.value())
                  .bind("webhook", id)
                  .bind("most", failuresMax)
                  .bind("why", why)
                  .execute()
              == 1;
        });
  }

  @Override
  public boolean delete(Webhook expected) {
    return database.write(
        handle -> {
          Webhook now = find(handle, FIND + database.forUpdate(), expected.tenant(), expected.id());
          return Objects.equals(now, expected)
              && handle
                      .createUpdate(DELETE)
                      .bind("tenant", expected.tenant().value())
                      .bind("webhook", expected.id())
                      .execute()
                  == 1;
        });
  }

  private static Webhook webhook(ResultSet row, StatementContext context) throws SQLException {
    SortedSet<Notice.Kind> kinds = new TreeSet<>();
    for (String wire : Columns.texts(row, "kinds")) {
      Notice.Kind kind = Notice.Kind.ofWire(wire);
      if (kind != null) {
        kinds.add(kind);
      }
    }
    return new Webhook(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "webhook_id"),
        URI.create(Columns.text(row, "url")),
        kinds,
        Columns.flag(row, "disabled"),
        Columns.text(row, "disabled_why"),
        Columns.instant(row, "created_at"));
  }
}

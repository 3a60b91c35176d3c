package dev.mandate.storage;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcUpstreamStore implements UpstreamStore {
  private static final String SELECT =
      """
      SELECT tenant_id, name, display_name, provider, base_url, merges_usage, price_version, models
      FROM upstreams WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND name = :name";
  private static final String ALL = SELECT + " ORDER BY name";

  private static final String SAVE =
      """
      INSERT INTO upstreams (tenant_id, name, display_name, provider, base_url, merges_usage,
        price_version, models)
      VALUES (:tenant, :name, :display_name, :provider, :base_url, :merges_usage,
        :price_version, :models)
      ON CONFLICT (tenant_id, name) DO UPDATE SET
        display_name = excluded.display_name, provider = excluded.provider,
        base_url = excluded.base_url, merges_usage = excluded.merges_usage,
        price_version = excluded.price_version, models = excluded.models
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcUpstreamStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable Upstream find(TenantId tenant, String name) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("name", name)
                    .map(JdbcUpstreamStore::upstream)
                    .findOne())
        .orElse(null);
  }

  @Override
  public List<Upstream> all(TenantId tenant) {
    return database.read(
        handle ->
            handle
                .createQuery(ALL)
                .bind("tenant", tenant.value())
                .map(JdbcUpstreamStore::upstream)
                .list());
  }

  @Override
  public void save(Upstream upstream) {
    announcements.write(
        (handle, announce) -> {
          announce.accept(new Change.PolicyChanged(upstream.tenant()));
          return handle
              .createUpdate(SAVE)
              .bind("tenant", upstream.tenant().value())
              .bind("name", upstream.name())
              .bind("display_name", upstream.displayName())
              .bind("provider", upstream.provider().wire())
              .bind("base_url", upstream.baseUrl().toString())
              .bind("merges_usage", Columns.flag(upstream.mergesUsage()))
              .bind("price_version", upstream.priceVersion())
              .bind("models", ModelJson.write(upstream.models()))
              .execute();
        });
  }

  private static Upstream upstream(ResultSet row, StatementContext context) throws SQLException {
    return new Upstream(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "name"),
        Columns.text(row, "display_name"),
        Provider.valueOf(Columns.text(row, "provider").toUpperCase(Locale.ROOT)),
        URI.create(Columns.text(row, "base_url")),
        Columns.flag(row, "merges_usage"),
        Columns.text(row, "price_version"),
        ModelJson.read(Columns.text(row, "models")));
  }
}

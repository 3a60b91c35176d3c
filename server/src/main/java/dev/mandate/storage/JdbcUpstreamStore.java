package dev.mandate.storage;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.ResilienceJson;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.platform.json.Json;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcUpstreamStore implements UpstreamStore {
  private static final String SELECT =
      """
      SELECT tenant_id, name, display_name, provider, base_url, merges_usage, price_version, models,
        resilience
      FROM upstreams WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND name = :name";
  private static final String ALL = SELECT + " ORDER BY name";

  private static final String PAGE =
      SELECT
          + """
           AND name > :after AND (CAST(:provider AS TEXT) IS NULL OR provider = :provider)
          ORDER BY name LIMIT :limit
          """;

  private static final String DELETE =
      "DELETE FROM upstreams WHERE tenant_id = :tenant AND name = :name";

  private static final String DELETE_POLICY =
      "DELETE FROM credential_policies WHERE tenant_id = :tenant AND upstream = :name";

  private static final String DELETE_ROTATION =
      "DELETE FROM credential_rotations WHERE tenant_id = :tenant AND upstream = :name";

  // Of whomever they are, and the one that makes them: all were entered for this origin.
  private static final String COUNT_CREDENTIALS =
      """
      SELECT (SELECT COUNT(*) FROM credentials WHERE tenant_id = :tenant AND upstream = :name)
        + (SELECT COUNT(*) FROM credential_policies
          WHERE tenant_id = :tenant AND upstream = :name AND sealed_admin_secret IS NOT NULL)
        AS found
      """;

  private static final String INSERT =
      """
      INSERT INTO upstreams (tenant_id, name, display_name, provider, base_url, merges_usage,
        price_version, models, resilience)
      VALUES (:tenant, :name, :display_name, :provider, :base_url, :merges_usage,
        :price_version, :models, :resilience)
      ON CONFLICT (tenant_id, name) DO
      """;

  private static final String INSERT_FIRST = INSERT + " NOTHING";

  private static final String SAVE =
      INSERT
          + """
          UPDATE SET display_name = excluded.display_name, provider = excluded.provider,
            base_url = excluded.base_url, merges_usage = excluded.merges_usage,
            price_version = excluded.price_version, models = excluded.models,
            resilience = excluded.resilience
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
  public List<Upstream> page(
      TenantId tenant, @Nullable Provider provider, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("provider", provider == null ? null : provider.wire())
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(JdbcUpstreamStore::upstream)
                .list());
  }

  @Override
  public boolean insert(Upstream upstream) {
    return announcements.write(
        (handle, announce) -> {
          boolean inserted = write(handle, INSERT_FIRST, upstream) == 1;
          if (inserted) {
            announce.accept(new Change.PolicyChanged(upstream.tenant()));
          }
          return inserted;
        });
  }

  @Override
  public Replaced replace(Upstream expected, Upstream replacement) {
    return announcements.write(
        (handle, announce) -> {
          if (!isStill(handle, expected)) {
            return Replaced.CHANGED;
          }
          if (!expected.origin().equals(replacement.origin()) && hasCredentials(handle, expected)) {
            return Replaced.HAS_CREDENTIALS;
          }
          write(handle, SAVE, replacement);
          announce.accept(new Change.PolicyChanged(expected.tenant()));
          return Replaced.DONE;
        });
  }

  @Override
  public boolean delete(Upstream expected) {
    return announcements.write(
        (handle, announce) -> {
          if (!isStill(handle, expected)) {
            return false;
          }
          CredentialRows.deleteOfUpstream(handle, announce, expected.tenant(), expected.name());
          for (String sql : List.of(DELETE_ROTATION, DELETE_POLICY, DELETE)) {
            handle
                .createUpdate(sql)
                .bind("tenant", expected.tenant().value())
                .bind("name", expected.name())
                .execute();
          }
          announce.accept(new Change.PolicyChanged(expected.tenant()));
          return true;
        });
  }

  /// Locks the row until the transaction ends; who adds a credential waits for it.
  private boolean isStill(Handle handle, Upstream expected) {
    return handle
        .createQuery(FIND + database.forUpdate())
        .bind("tenant", expected.tenant().value())
        .bind("name", expected.name())
        .map(JdbcUpstreamStore::upstream)
        .findOne()
        .filter(expected::equals)
        .isPresent();
  }

  private static boolean hasCredentials(Handle handle, Upstream upstream) {
    return handle
        .createQuery(COUNT_CREDENTIALS)
        .bind("tenant", upstream.tenant().value())
        .bind("name", upstream.name())
        .map((row, _) -> row.getInt("found") > 0)
        .one();
  }

  @Override
  public void save(Upstream upstream) {
    announcements.write(
        (handle, announce) -> {
          announce.accept(new Change.PolicyChanged(upstream.tenant()));
          return write(handle, SAVE, upstream);
        });
  }

  private static int write(Handle handle, String sql, Upstream upstream) {
    return handle
        .createUpdate(sql)
        .bind("tenant", upstream.tenant().value())
        .bind("name", upstream.name())
        .bind("display_name", upstream.displayName())
        .bind("provider", upstream.provider().wire())
        .bind("base_url", upstream.baseUrl().toString())
        .bind("merges_usage", Columns.flag(upstream.mergesUsage()))
        .bind("price_version", upstream.priceVersion())
        .bind("models", ModelJson.write(upstream.models()))
        .bind(
            "resilience",
            Json.write(ResilienceJson.write(upstream.resilience(), Json.object())))
        .execute();
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
        ModelJson.read(Columns.text(row, "models")),
        ResilienceJson.read(Json.parse(Columns.text(row, "resilience"))));
  }
}

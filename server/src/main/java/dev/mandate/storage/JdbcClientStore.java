package dev.mandate.storage;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcClientStore implements ClientStore {
  private static final String SELECT =
      """
      SELECT tenant_id, client_id, name, secret_hash, redirect_uris, grant_types, scopes,
        default_scopes, default_access, policy, requires_pushed, disabled, created_at
      FROM clients WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND client_id = :client";
  private static final String ALL = SELECT + " ORDER BY created_at, client_id";

  private static final String SAVE =
      """
      INSERT INTO clients (tenant_id, client_id, name, secret_hash, redirect_uris, grant_types,
        scopes, default_scopes, default_access, policy, requires_pushed,
        disabled, created_at)
      VALUES (:tenant, :client, :name, :secret_hash, :redirect_uris, :grant_types,
        :scopes, :default_scopes, :default_access, :policy, :requires_pushed,
        :disabled, :created_at)
      ON CONFLICT (tenant_id, client_id) DO UPDATE SET
        name = excluded.name, secret_hash = excluded.secret_hash,
        redirect_uris = excluded.redirect_uris, grant_types = excluded.grant_types,
        scopes = excluded.scopes, default_scopes = excluded.default_scopes,
        default_access = excluded.default_access, policy = excluded.policy,
        requires_pushed = excluded.requires_pushed, disabled = excluded.disabled,
        created_at = excluded.created_at
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcClientStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable Client find(TenantId tenant, ClientId id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("client", id.value())
                    .map(JdbcClientStore::client)
                    .findOne())
        .orElse(null);
  }

  @Override
  public List<Client> all(TenantId tenant) {
    return database.read(
        handle ->
            handle
                .createQuery(ALL)
                .bind("tenant", tenant.value())
                .map(JdbcClientStore::client)
                .list());
  }

  @Override
  public void save(Client client) {
    TokenHash secret = client.secretHash();
    announcements.write(
        (handle, announce) -> {
          announce.accept(new Change.ClientChanged(client.tenant(), client.id()));
          return handle
              .createUpdate(SAVE)
              .bind("tenant", client.tenant().value())
              .bind("client", client.id().value())
              .bind("name", client.name())
              .bind("secret_hash", secret == null ? null : secret.value())
              .bind("redirect_uris", sorted(client.redirectUris()))
              .bind("grant_types", sorted(client.grantTypes()))
              .bind("scopes", sorted(client.scopes()))
              .bind("default_scopes", sorted(client.defaultScopes()))
              .bind("default_access", AccessJson.writeTerms(client.defaultAccess()))
              .bind("policy", AccessJson.writeTerms(client.policy()))
              .bind("requires_pushed", Columns.flag(client.requiresPushed()))
              .bind("disabled", Columns.flag(client.disabled()))
              .bind("created_at", client.createdAt().toEpochMilli())
              .execute();
        });
  }

  private static String sorted(Set<String> values) {
    return Columns.texts(new TreeSet<>(values));
  }

  private static Client client(ResultSet row, StatementContext context) throws SQLException {
    String secret = Columns.textOrNull(row, "secret_hash");
    return new Client(
        new TenantId(Columns.text(row, "tenant_id")),
        new ClientId(Columns.text(row, "client_id")),
        Columns.text(row, "name"),
        secret == null ? null : new TokenHash(secret),
        Set.copyOf(Columns.texts(row, "redirect_uris")),
        Set.copyOf(Columns.texts(row, "grant_types")),
        Set.copyOf(Columns.texts(row, "scopes")),
        Set.copyOf(Columns.texts(row, "default_scopes")),
        AccessJson.readTerms(Columns.text(row, "default_access")),
        AccessJson.readTerms(Columns.text(row, "policy")),
        Columns.flag(row, "requires_pushed"),
        Columns.flag(row, "disabled"),
        Columns.instant(row, "created_at"));
  }
}

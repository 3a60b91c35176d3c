package dev.mandate.storage;

import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.client.TokenForm;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.jose.SignatureAlgorithm;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcClientStore implements ClientStore {
  private static final String SELECT =
      """
      SELECT tenant_id, client_id, name, auth_method, proof, redirect_uris,
        post_logout_redirect_uris, grant_types, scopes, default_scopes, default_access, policy, requires_pushed, access_token_alg, id_token_alg,
        dpop_bound, disabled, created_at
      FROM clients WHERE tenant_id = :tenant AND deleted_at IS NULL
      """;

  private static final String FIND = SELECT + " AND client_id = :client";
  private static final String ALL = SELECT + " ORDER BY created_at, client_id";

  private static final String PAGE =
      SELECT
          + """
           AND client_id > :after
            AND (CAST(:public AS INTEGER) IS NULL
              OR :public = CASE WHEN auth_method = 'none' THEN 1 ELSE 0 END)
            AND (CAST(:disabled AS INTEGER) IS NULL OR disabled = :disabled)
          ORDER BY client_id LIMIT :limit
          """;

  private static final String INSERT =
      """
      INSERT INTO clients (tenant_id, client_id, name, auth_method, proof, redirect_uris,
        post_logout_redirect_uris, grant_types, scopes, default_scopes, default_access, policy, requires_pushed,
        access_token_alg, id_token_alg, dpop_bound, disabled, created_at)
      VALUES (:tenant, :client, :name, :auth_method, :proof, :redirect_uris,
        :post_logout_redirect_uris, :grant_types,
        :scopes, :default_scopes, :default_access, :policy, :requires_pushed,
        :access_token_alg, :id_token_alg, :dpop_bound, :disabled, :created_at)
      ON CONFLICT (tenant_id, client_id) DO
      """;

  private static final String INSERT_FIRST = INSERT + " NOTHING";

  private static final String SAVE =
      INSERT
          + """
          UPDATE SET deleted_at = NULL,
            name = excluded.name, auth_method = excluded.auth_method, proof = excluded.proof,
            redirect_uris = excluded.redirect_uris,
            post_logout_redirect_uris = excluded.post_logout_redirect_uris,
            grant_types = excluded.grant_types,
            scopes = excluded.scopes, default_scopes = excluded.default_scopes,
            default_access = excluded.default_access, policy = excluded.policy,
            requires_pushed = excluded.requires_pushed,
            access_token_alg = excluded.access_token_alg, id_token_alg = excluded.id_token_alg,
            dpop_bound = excluded.dpop_bound, disabled = excluded.disabled,
            created_at = excluded.created_at
          """;

  private static final String DELETE =
      """
      UPDATE clients SET deleted_at = :now, auth_method = 'none', proof = '{}'
      WHERE tenant_id = :tenant AND client_id = :client
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
  public List<Client> page(TenantId tenant, Filter filter, @Nullable ClientId after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("after", after == null ? "" : after.value())
                .bind("public", Columns.flag(filter.isPublic()))
                .bind("disabled", Columns.flag(filter.disabled()))
                .bind("limit", limit)
                .map(JdbcClientStore::client)
                .list());
  }

  @Override
  public boolean insert(Client client) {
    return announcements.write(
        (handle, announce) -> {
          boolean inserted = write(handle, INSERT_FIRST, client) == 1;
          if (inserted) {
            announce.accept(new Change.ClientChanged(client.tenant(), client.id()));
          }
          return inserted;
        });
  }

  @Override
  public boolean replace(Client expected, Client replacement) {
    return announcements.write(
        (handle, announce) -> {
          if (!isStill(handle, expected)) {
            return false;
          }
          write(handle, SAVE, replacement);
          announce.accept(new Change.ClientChanged(expected.tenant(), expected.id()));
          return true;
        });
  }

  @Override
  public boolean delete(Client expected, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          if (!isStill(handle, expected)) {
            return false;
          }
          handle
              .createUpdate(DELETE)
              .bind("tenant", expected.tenant().value())
              .bind("client", expected.id().value())
              .bind("now", now.toEpochMilli())
              .execute();
          announce.accept(new Change.ClientChanged(expected.tenant(), expected.id()));
          JdbcMandateStore.revokeOfClient(handle, announce, expected.tenant(), expected.id(), now);
          return true;
        });
  }

  /// Locks the row until the transaction ends.
  private boolean isStill(Handle handle, Client expected) {
    return handle
        .createQuery(FIND + database.forUpdate())
        .bind("tenant", expected.tenant().value())
        .bind("client", expected.id().value())
        .map(JdbcClientStore::client)
        .findOne()
        .filter(expected::equals)
        .isPresent();
  }

  @Override
  public void save(Client client) {
    announcements.write(
        (handle, announce) -> {
          announce.accept(new Change.ClientChanged(client.tenant(), client.id()));
          return write(handle, SAVE, client);
        });
  }

  private static int write(Handle handle, String sql, Client client) {
    return handle
        .createUpdate(sql)
        .bind("tenant", client.tenant().value())
        .bind("client", client.id().value())
        .bind("name", client.name())
        .bind("auth_method", client.proof().method().wire())
        .bind("proof", ProofJson.write(client.proof()))
        .bind("redirect_uris", sorted(client.redirectUris()))
        .bind("post_logout_redirect_uris", sorted(client.postLogoutRedirectUris()))
        .bind("grant_types", sorted(client.grantTypes()))
        .bind("scopes", sorted(client.scopes()))
        .bind("default_scopes", sorted(client.defaultScopes()))
        .bind("default_access", AccessJson.writeTerms(client.defaultAccess()))
        .bind("policy", AccessJson.writeTerms(client.policy()))
        .bind("requires_pushed", Columns.flag(client.requiresPushed()))
        .bind("access_token_alg", client.tokens().accessTokens().name())
        .bind("id_token_alg", client.tokens().idTokens().name())
        .bind("dpop_bound", Columns.flag(client.tokens().dpopBound()))
        .bind("disabled", Columns.flag(client.disabled()))
        .bind("created_at", client.createdAt().toEpochMilli())
        .execute();
  }

  private static String sorted(Set<String> values) {
    return Columns.texts(new TreeSet<>(values));
  }

  private static Client client(ResultSet row, StatementContext context) throws SQLException {
    return new Client(
        new TenantId(Columns.text(row, "tenant_id")),
        new ClientId(Columns.text(row, "client_id")),
        Columns.text(row, "name"),
        ProofJson.read(AuthMethod.of(Columns.text(row, "auth_method")), Columns.text(row, "proof")),
        Set.copyOf(Columns.texts(row, "redirect_uris")),
        Set.copyOf(Columns.texts(row, "post_logout_redirect_uris")),
        Set.copyOf(Columns.texts(row, "grant_types")),
        Set.copyOf(Columns.texts(row, "scopes")),
        Set.copyOf(Columns.texts(row, "default_scopes")),
        AccessJson.readTerms(Columns.text(row, "default_access")),
        AccessJson.readTerms(Columns.text(row, "policy")),
        Columns.flag(row, "requires_pushed"),
        new TokenForm(
            SignatureAlgorithm.valueOf(Columns.text(row, "access_token_alg")),
            SignatureAlgorithm.valueOf(Columns.text(row, "id_token_alg")),
            Columns.flag(row, "dpop_bound")),
        Columns.flag(row, "disabled"),
        Columns.instant(row, "created_at"));
  }
}

package dev.mandate.storage;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The rows that only their tenant's key opens, for a database whose master key is lost: what was
/// sealed under it can be told, and dropped, but not read.
public final class VaultRows {
  private static final String CREDENTIALS =
      """
      SELECT upstream, credential_id, owner_id, hint FROM credentials
      WHERE tenant_id = :tenant ORDER BY upstream, credential_id
      """;

  private static final String DROP_CREDENTIALS =
      "DELETE FROM credentials WHERE tenant_id = :tenant";

  private static final String DROP_SIGNING_KEYS =
      "DELETE FROM signing_keys WHERE tenant_id = :tenant";

  // What the rotation has made at the provider is listed there under the rotation's name.
  private static final String DROP_ROTATIONS =
      "DELETE FROM credential_rotations WHERE tenant_id = :tenant";

  /// A provider's admin key: without it nothing is rotated by schedule.
  private static final String DROP_ADMIN_SECRETS =
      """
      UPDATE credential_policies SET sealed_admin_secret = NULL, project = NULL, admin_hint = ''
      WHERE tenant_id = :tenant AND sealed_admin_secret IS NOT NULL
      """;

  private static final String WEBHOOKS =
      "SELECT url FROM webhooks WHERE tenant_id = :tenant ORDER BY url";

  private static final String DROP_WEBHOOKS = "DELETE FROM webhooks WHERE tenant_id = :tenant";

  /// Answers that may be asked for again; without them the outcome isn't known.
  private static final String DROP_ANSWERS =
      "DELETE FROM idempotency_keys WHERE tenant_id = :tenant AND sealed_answer IS NOT NULL";

  /// Texts that nobody can read any more.
  private static final String DROP_PROMPTS = "DELETE FROM prompt_log WHERE tenant_id = :tenant";

  private static final String DROP_KEY = "DELETE FROM tenant_keys WHERE tenant_id = :tenant";

  private final Database database;

  VaultRows(Database database) {
    this.database = database;
  }

  /// A credential that can't be opened any more.
  ///
  /// @param owner whose own it is; null for the tenant's
  /// @param hint the end of it, as far as it was kept
  public record Lost(String upstream, String id, @Nullable String owner, String hint) {}

  /// What was dropped.
  ///
  /// @param adminSecrets of providers, for scheduled rotations
  /// @param webhooks their addresses; they were signed with secrets
  public record Dropped(
      List<Lost> credentials,
      int signingKeys,
      int answers,
      int adminSecrets,
      List<String> webhooks) {
    public Dropped {
      credentials = List.copyOf(credentials);
      webhooks = List.copyOf(webhooks);
    }
  }

  /// Drops the tenant's key and everything that is sealed under it, in one transaction. What needs
  /// a key next makes a new one.
  public Dropped drop(TenantId tenant) {
    return database.write(
        handle -> {
          List<Lost> lost =
              handle
                  .createQuery(CREDENTIALS)
                  .bind("tenant", tenant.value())
                  .map(
                      (row, _) ->
                          new Lost(
                              Columns.text(row, "upstream"),
                              Columns.text(row, "credential_id"),
                              Columns.textOrNull(row, "owner_id"),
                              Columns.text(row, "hint")))
                  .list();
          List<String> webhooks =
              handle
                  .createQuery(WEBHOOKS)
                  .bind("tenant", tenant.value())
                  .map((row, _) -> Columns.text(row, "url"))
                  .list();
          delete(handle, DROP_WEBHOOKS, tenant);
          delete(handle, DROP_ROTATIONS, tenant);
          delete(handle, DROP_CREDENTIALS, tenant);
          delete(handle, DROP_PROMPTS, tenant);
          Dropped dropped =
              new Dropped(
                  lost,
                  delete(handle, DROP_SIGNING_KEYS, tenant),
                  delete(handle, DROP_ANSWERS, tenant),
                  delete(handle, DROP_ADMIN_SECRETS, tenant),
                  webhooks);
          delete(handle, DROP_KEY, tenant);
          return dropped;
        });
  }

  private static int delete(Handle handle, String sql, TenantId tenant) {
    return handle.createUpdate(sql).bind("tenant", tenant.value()).execute();
  }
}

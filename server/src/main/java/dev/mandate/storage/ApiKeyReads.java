package dev.mandate.storage;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore.Filter;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Reads keys with their secrets.
final class ApiKeyReads {
  /// A row a secret; a key's rows follow one another, the current secret first.
  private static final String SELECT =
      """
      SELECT k.tenant_id, k.api_key_id, k.name, k.owner_id, k.mandate_id, k.scopes, k.bounds,
        k.generation, k.maker_id, k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
        k.last_used_from, k.leaked_at, k.leaked_where,
        s.hash, s.hint, s.created_at AS secret_created_at, s.ends_at AS secret_ends_at
      FROM api_keys k
      JOIN api_key_secrets s ON s.tenant_id = k.tenant_id AND s.api_key_id = k.api_key_id
      WHERE k.tenant_id = :tenant AND k.api_key_id IN (
      """;

  private static final String CURRENT_FIRST = "CASE WHEN s.ends_at IS NULL THEN 0 ELSE 1 END";

  private static final String NEWEST_FIRST =
      ") ORDER BY k.created_at DESC, k.api_key_id DESC, " + CURRENT_FIRST;

  private static final String FIND =
      SELECT
          + "SELECT api_key_id FROM api_key_secrets WHERE tenant_id = :tenant AND hash = :subject"
          + NEWEST_FIRST;

  private static final String FIND_BY_ID =
      SELECT
          + "SELECT api_key_id FROM api_keys WHERE tenant_id = :tenant AND api_key_id = :subject"
          + NEWEST_FIRST;

  private static final String OF_USER =
      SELECT
          + "SELECT api_key_id FROM api_keys WHERE tenant_id = :tenant AND owner_id = :subject"
          + NEWEST_FIRST;

  private static final String OF_MANDATE =
      SELECT
          + "SELECT api_key_id FROM api_keys WHERE tenant_id = :tenant AND mandate_id = :subject"
          + NEWEST_FIRST;

  private static final String OF_TENANT =
      SELECT
          + """
            SELECT api_key_id FROM api_keys
            WHERE tenant_id = :tenant AND owner_id IS NULL AND mandate_id IS NULL
          """
          + NEWEST_FIRST;

  // An empty text and -1 stand for a part of the filter that lets all pass.
  private static final String PAGE =
      SELECT
          + """
            SELECT api_key_id FROM api_keys
            WHERE tenant_id = :tenant
              AND (:owner = '' OR owner_id = :owner) AND (:mandate = '' OR mandate_id = :mandate)
              AND (:bound = -1 OR (CASE WHEN mandate_id IS NULL THEN 0 ELSE 1 END) = :bound)
              AND (:before = '' OR (created_at, api_key_id) < (
                SELECT created_at, api_key_id FROM api_keys
                WHERE tenant_id = :tenant AND api_key_id = :before))
            ORDER BY created_at DESC, api_key_id DESC LIMIT :limit
          """
          + NEWEST_FIRST;

  private static final String ENDING =
      SELECT
          + """
            SELECT api_key_id FROM api_keys
            WHERE tenant_id = :tenant AND revoked_at IS NULL
              AND expires_at > :after AND expires_at <= :until
            ORDER BY expires_at LIMIT :limit
          ) ORDER BY k.expires_at, k.api_key_id,
          """
          + CURRENT_FIRST;

  private ApiKeyReads() {}

  static List<ApiKey> byHash(Handle handle, TenantId tenant, TokenHash hash) {
    return select(handle, FIND, tenant, hash.value());
  }

  static List<ApiKey> byId(Handle handle, TenantId tenant, ApiKeyId id) {
    return select(handle, FIND_BY_ID, tenant, id.value());
  }

  static List<ApiKey> ofUser(Handle handle, TenantId tenant, UserId owner) {
    return select(handle, OF_USER, tenant, owner.value());
  }

  static List<ApiKey> ofMandate(Handle handle, TenantId tenant, MandateId mandate) {
    return select(handle, OF_MANDATE, tenant, mandate.value());
  }

  static List<ApiKey> ofTenant(Handle handle, TenantId tenant) {
    return ApiKeyRows.keys(handle.createQuery(OF_TENANT).bind("tenant", tenant.value()));
  }

  private static List<ApiKey> select(Handle handle, String sql, TenantId tenant, String subject) {
    return ApiKeyRows.keys(
        handle.createQuery(sql).bind("tenant", tenant.value()).bind("subject", subject));
  }

  static List<ApiKey> page(
      Handle handle, TenantId tenant, Filter filter, @Nullable ApiKeyId before, int limit) {
    Boolean bound = filter.bound();
    return ApiKeyRows.keys(
        handle
            .createQuery(PAGE)
            .bind("tenant", tenant.value())
            .bind("owner", filter.owner() == null ? "" : filter.owner().value())
            .bind("mandate", filter.mandate() == null ? "" : filter.mandate().value())
            .bind("bound", bound == null ? -1L : Columns.flag(bound))
            .bind("before", before == null ? "" : before.value())
            .bind("limit", limit));
  }

  static List<ApiKey> ending(
      Handle handle, TenantId tenant, Instant after, Instant until, int limit) {
    return ApiKeyRows.keys(
        handle
            .createQuery(ENDING)
            .bind("tenant", tenant.value())
            .bind("after", after.toEpochMilli())
            .bind("until", until.toEpochMilli())
            .bind("limit", limit));
  }
}

package dev.mandate.storage;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.apikey.KeySecret;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/// Keys and their secrets. Whoever changes a key changes its row in `api_keys` first, where changes
/// that race meet.
final class JdbcApiKeyStore implements ApiKeyStore {
  /// Of all tenants: who found a key in the open knows no tenant.
  private static final String EVERYWHERE =
      "SELECT tenant_id, api_key_id FROM api_key_secrets WHERE hash = :hash ORDER BY tenant_id";

  // A key for a mandate that was revoked meanwhile, or of a maker that was, is born revoked.
  private static final String INSERT =
      """
      INSERT INTO api_keys (tenant_id, api_key_id, name, owner_id, mandate_id, scopes, bounds,
        generation, maker_id, created_at, expires_at, revoked_at, last_used_at, last_used_from,
        leaked_at, leaked_where)
      VALUES (:tenant, :api_key, :name, :owner, :mandate, :scopes, :bounds,
        :generation, :maker, :created_at, :expires_at,
        COALESCE(:revoked_at,
          (SELECT revoked_at FROM mandates WHERE tenant_id = :tenant AND mandate_id = :mandate),
          (SELECT revoked_at FROM api_keys WHERE tenant_id = :tenant AND api_key_id = :maker)),
        :last_used_at, :last_used_from, :leaked_at, :leaked_where)
      """;

  private static final String INSERT_SECRET =
      """
      INSERT INTO api_key_secrets (tenant_id, hash, api_key_id, hint, created_at, ends_at)
      VALUES (:tenant, :hash, :api_key, :hint, :created_at, :ends_at)
      """;

  /// For a key that it makes: inserted after this, it is either seen by the revocation of its maker
  /// or sees it.
  private static final String KEEP =
      "SELECT api_key_id FROM api_keys WHERE tenant_id = :tenant AND api_key_id = :api_key";

  private static final String ROTATE =
      """
      UPDATE api_keys SET generation = generation + 1, expires_at = :expires_at, maker_id = :maker
      WHERE tenant_id = :tenant AND api_key_id = :api_key AND generation = :generation
        AND revoked_at IS NULL AND expires_at > :now
        AND NOT EXISTS (SELECT 1 FROM api_keys m
          WHERE m.tenant_id = :tenant AND m.api_key_id = :maker AND m.revoked_at IS NOT NULL)
      """;

  private static final String DROP_FORMER =
      """
      DELETE FROM api_key_secrets
      WHERE tenant_id = :tenant AND api_key_id = :api_key AND ends_at IS NOT NULL
      """;

  private static final String END_CURRENT =
      """
      UPDATE api_key_secrets SET ends_at = :ends_at
      WHERE tenant_id = :tenant AND api_key_id = :api_key AND ends_at IS NULL
      """;

  private static final String END_SECRET =
      """
      UPDATE api_key_secrets SET ends_at = :now
      WHERE tenant_id = :tenant AND hash = :hash AND ends_at > :now
      """;

  private static final String LEAK =
      """
      UPDATE api_keys SET leaked_at = :now, leaked_where = :place
      WHERE tenant_id = :tenant AND api_key_id = :api_key AND leaked_at IS NULL
      """;

  // Through keys that are revoked already, for below them some may not be.
  private static final String REVOKE =
      """
      WITH RECURSIVE line (api_key_id) AS (
        SELECT api_key_id FROM api_keys WHERE tenant_id = :tenant AND api_key_id = :api_key
        UNION
        SELECT k.api_key_id FROM api_keys k JOIN line ON k.maker_id = line.api_key_id
        WHERE k.tenant_id = :tenant)
      UPDATE api_keys SET revoked_at = :now
      WHERE tenant_id = :tenant AND revoked_at IS NULL
        AND api_key_id IN (SELECT api_key_id FROM line)
      RETURNING api_key_id
      """;

  private static final String USED =
      """
      UPDATE api_keys SET last_used_at = :minute, last_used_from = :from
      WHERE tenant_id = :tenant AND api_key_id = :api_key
        AND (last_used_at IS NULL OR last_used_at < :minute)
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcApiKeyStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable ApiKey find(TenantId tenant, TokenHash hash) {
    return first(database.read(handle -> ApiKeyReads.byHash(handle, tenant, hash)));
  }

  @Override
  public @Nullable ApiKey find(TenantId tenant, ApiKeyId id) {
    return first(database.read(handle -> ApiKeyReads.byId(handle, tenant, id)));
  }

  private static @Nullable ApiKey find(Handle handle, TenantId tenant, ApiKeyId id) {
    return first(ApiKeyReads.byId(handle, tenant, id));
  }

  private static @Nullable ApiKey first(List<ApiKey> keys) {
    return keys.isEmpty() ? null : keys.getFirst();
  }

  @Override
  public List<Place> everywhere(TokenHash hash) {
    return database.read(
        handle ->
            handle
                .createQuery(EVERYWHERE)
                .bind("hash", hash.value())
                .map(
                    (row, _) ->
                        new Place(
                            new TenantId(Columns.text(row, "tenant_id")),
                            new ApiKeyId(Columns.text(row, "api_key_id"))))
                .list());
  }

  @Override
  public List<ApiKey> ofUser(TenantId tenant, UserId owner) {
    return database.read(handle -> ApiKeyReads.ofUser(handle, tenant, owner));
  }

  @Override
  public List<ApiKey> ofMandate(TenantId tenant, MandateId mandate) {
    return database.read(handle -> ApiKeyReads.ofMandate(handle, tenant, mandate));
  }

  @Override
  public List<ApiKey> ofTenant(TenantId tenant) {
    return database.read(handle -> ApiKeyReads.ofTenant(handle, tenant));
  }

  @Override
  public List<ApiKey> page(TenantId tenant, Filter filter, @Nullable ApiKeyId before, int limit) {
    return database.read(handle -> ApiKeyReads.page(handle, tenant, filter, before, limit));
  }

  @Override
  public List<ApiKey> ending(TenantId tenant, Instant after, Instant until, int limit) {
    return database.read(handle -> ApiKeyReads.ending(handle, tenant, after, until, limit));
  }

  @Override
  public void insert(ApiKey key) {
    MandateId mandate = key.mandate();
    ApiKeyId maker = key.maker();
    database.write(
        handle -> {
          if (mandate != null) {
            JdbcMandateStore.keep(database, handle, key.tenant(), mandate);
          }
          if (maker != null) {
            keep(handle, key.tenant(), maker);
          }
          int inserted = ApiKeyRows.bound(handle.createUpdate(INSERT), key).execute();
          key.secrets().forEach(secret -> insert(handle, key.tenant(), key.id(), secret));
          return inserted;
        });
  }

  private void keep(Handle handle, TenantId tenant, ApiKeyId maker) {
    handle
        .createQuery(KEEP + database.forShare())
        .bind("tenant", tenant.value())
        .bind("api_key", maker.value())
        .mapTo(String.class)
        .findOne();
  }

  private static void insert(Handle handle, TenantId tenant, ApiKeyId key, KeySecret secret) {
    handle
        .createUpdate(INSERT_SECRET)
        .bind("tenant", tenant.value())
        .bind("hash", secret.hash().value())
        .bind("api_key", key.value())
        .bind("hint", secret.hint())
        .bind("created_at", secret.createdAt().toEpochMilli())
        .bind("ends_at", Columns.millis(secret.endsAt()))
        .execute();
  }

  @Override
  public Rotation rotate(
      TenantId tenant,
      ApiKeyId id,
      int generation,
      KeySecret next,
      Instant graceEnd,
      Instant expiresAt,
      @Nullable ApiKeyId maker,
      Instant now) {
    return announcements.write(
        (handle, announce) -> {
          if (maker != null) {
            keep(handle, tenant, maker);
          }
          int rotated =
              handle
                  .createUpdate(ROTATE)
                  .bind("tenant", tenant.value())
                  .bind("api_key", id.value())
                  .bind("generation", generation)
                  .bind("expires_at", expiresAt.toEpochMilli())
                  .bind("maker", maker == null ? null : maker.value())
                  .bind("now", now.toEpochMilli())
                  .execute();
          if (rotated == 0) {
            ApiKey there = find(handle, tenant, id);
            return there != null && there.isLive(now) && there.generation() != generation
                ? new Rotation.Overtaken()
                : new Rotation.Ended();
          }
          of(handle, DROP_FORMER, tenant, id).execute();
          of(handle, END_CURRENT, tenant, id).bind("ends_at", graceEnd.toEpochMilli()).execute();
          insert(handle, tenant, id, next);
          announce.accept(new Change.ApiKeyChanged(tenant, id));
          ApiKey key = find(handle, tenant, id);
          if (key == null) {
            throw new StorageException("key " + id + " was rotated and is not there");
          }
          return new Rotation.Rotated(key);
        });
  }

  private static Update of(Handle handle, String sql, TenantId tenant, ApiKeyId id) {
    return handle.createUpdate(sql).bind("tenant", tenant.value()).bind("api_key", id.value());
  }

  @Override
  public boolean revoke(TenantId tenant, ApiKeyId id, Instant now) {
    return announcements.write(
        (handle, announce) ->
            revoke(handle, announce, tenant, id, now) || find(handle, tenant, id) != null);
  }

  /// @return false when there was nothing to revoke
  private static boolean revoke(
      Handle handle, Consumer<Change> announce, TenantId tenant, ApiKeyId id, Instant now) {
    List<String> line = new ArrayList<>();
    List<String> revoked;
    do {
      revoked =
          handle
              .createQuery(REVOKE)
              .bind("tenant", tenant.value())
              .bind("api_key", id.value())
              .bind("now", now.toEpochMilli())
              .map((row, _) -> Columns.text(row, "api_key_id"))
              .list();
      line.addAll(revoked);
      // Again, until it finds none: a key whose insertion it waited for was not in its sight.
    } while (!revoked.isEmpty());
    // In one order, whatever the database found first.
    new TreeSet<>(line)
        .forEach(one -> announce.accept(new Change.ApiKeyRevoked(tenant, new ApiKeyId(one))));
    return !line.isEmpty();
  }

  @Override
  public Leaked leaked(
      TenantId tenant, ApiKeyId id, TokenHash hash, LeakPlace place, boolean ends, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          boolean news =
              of(handle, LEAK, tenant, id)
                      .bind("place", place.wire())
                      .bind("now", now.toEpochMilli())
                      .execute()
                  == 1;
          ApiKey key = find(handle, tenant, id);
          if (ends && key != null && key.hash().equals(hash)) {
            if (revoke(handle, announce, tenant, id, now)) {
              return Leaked.REVOKED;
            }
          } else if (ends && endFormer(handle, tenant, hash, now)) {
            announce.accept(new Change.ApiKeyChanged(tenant, id));
            return Leaked.SECRET_ENDED;
          }
          return news ? Leaked.RECORDED : Leaked.NOTHING_NEW;
        });
  }

  private static boolean endFormer(Handle handle, TenantId tenant, TokenHash hash, Instant now) {
    return handle
            .createUpdate(END_SECRET)
            .bind("tenant", tenant.value())
            .bind("hash", hash.value())
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  @Override
  public void used(TenantId tenant, ApiKeyId id, Instant now, String from) {
    database.write(
        handle ->
            of(handle, USED, tenant, id)
                .bind("minute", now.truncatedTo(ChronoUnit.MINUTES).toEpochMilli())
                .bind("from", from)
                .execute());
  }
}

package dev.mandate.storage;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.KeySecret;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/// How keys stand in rows.
final class ApiKeyRows {
  private ApiKeyRows() {}

  private record Row(ApiKey key, KeySecret secret) {}

  /// Puts together what comes as a row a secret, a key's rows one after another.
  static List<ApiKey> keys(Query query) {
    List<ApiKey> keys = new ArrayList<>();
    List<KeySecret> secrets = new ArrayList<>();
    ApiKey last = null;
    for (Row row : query.map((row, _) -> row(row)).list()) {
      if (last != null && !last.id().equals(row.key.id())) {
        keys.add(with(last, secrets));
        secrets.clear();
      }
      last = row.key;
      secrets.add(row.secret);
    }
    if (last != null) {
      keys.add(with(last, secrets));
    }
    return keys;
  }

  private static Row row(ResultSet row) throws SQLException {
    KeySecret secret =
        new KeySecret(
            new TokenHash(Columns.text(row, "hash")),
            Columns.text(row, "hint"),
            Columns.instant(row, "secret_created_at"),
            Columns.instantOrNull(row, "secret_ends_at"));
    String owner = Columns.textOrNull(row, "owner_id");
    String mandate = Columns.textOrNull(row, "mandate_id");
    String maker = Columns.textOrNull(row, "maker_id");
    Instant used = Columns.instantOrNull(row, "last_used_at");
    ApiKey key =
        new ApiKey(
            new TenantId(Columns.text(row, "tenant_id")),
            new ApiKeyId(Columns.text(row, "api_key_id")),
            List.of(new KeySecret(secret.hash(), secret.hint(), secret.createdAt(), null)),
            row.getInt("generation"),
            Columns.text(row, "name"),
            owner == null ? null : new UserId(owner),
            mandate == null ? null : new MandateId(mandate),
            Set.copyOf(Columns.texts(row, "scopes")),
            BoundsJson.read(Columns.text(row, "bounds")),
            maker == null ? null : new ApiKeyId(maker),
            Columns.instant(row, "created_at"),
            Columns.instant(row, "expires_at"),
            Columns.instantOrNull(row, "revoked_at"),
            used == null ? null : new ApiKey.Use(used, Columns.textOrNull(row, "last_used_from")),
            leak(row));
    return new Row(key, secret);
  }

  private static ApiKey.@Nullable Leak leak(ResultSet row) throws SQLException {
    Instant at = Columns.instantOrNull(row, "leaked_at");
    return at == null
        ? null
        : new ApiKey.Leak(at, LeakPlace.ofWire(Columns.text(row, "leaked_where")));
  }

  private static ApiKey with(ApiKey key, List<KeySecret> secrets) {
    return new ApiKey(
        key.tenant(),
        key.id(),
        secrets,
        key.generation(),
        key.name(),
        key.owner(),
        key.mandate(),
        key.scopes(),
        key.bounds(),
        key.maker(),
        key.createdAt(),
        key.expiresAt(),
        key.revokedAt(),
        key.lastUse(),
        key.leak());
  }

  static Update bound(Update insert, ApiKey key) {
    ApiKey.Use use = key.lastUse();
    ApiKey.Leak leak = key.leak();
    return insert
        .bind("tenant", key.tenant().value())
        .bind("api_key", key.id().value())
        .bind("name", key.name())
        .bind("owner", key.owner() == null ? null : key.owner().value())
        .bind("mandate", key.mandate() == null ? null : key.mandate().value())
        .bind("scopes", Columns.texts(new TreeSet<>(key.scopes())))
        .bind("bounds", BoundsJson.write(key.bounds()))
        .bind("generation", key.generation())
        .bind("maker", key.maker() == null ? null : key.maker().value())
        .bind("created_at", key.createdAt().toEpochMilli())
        .bind("expires_at", key.expiresAt().toEpochMilli())
        .bind("revoked_at", Columns.millis(key.revokedAt()))
        .bind("last_used_at", use == null ? null : Columns.millis(use.at()))
        .bind("last_used_from", use == null ? null : use.from())
        .bind("leaked_at", leak == null ? null : Columns.millis(leak.at()))
        .bind("leaked_where", leak == null ? null : leak.place().wire());
  }
}

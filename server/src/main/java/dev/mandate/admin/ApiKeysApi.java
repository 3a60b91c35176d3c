package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.apikey.ApiKeyStore.Filter;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/api_keys`: all keys of the tenant, never with their secret; and new ones for the
/// admin API. Keys that spend a mandate are made by the person who gave it, on their own pages.
public final class ApiKeysApi {
  static final Duration LIFETIME_MAX = Duration.ofDays(90);

  private static final Schema API_KEY = described("ApiKey", "A key, without its secret.");

  private static final Schema NEW_API_KEY_ANSWER =
      described("NewApiKeyWithSecret", "A key, this once with its secret.")
          .with("api_key", Schema.text().describe("The key itself, shown in this answer only."));

  private static final Schema NEW_API_KEY =
      Schema.body("NewApiKey", "A key of the admin API.")
          .with("name", Schema.text().example("nightly export"))
          .with("scopes", RolesApi.SCOPES.atLeast(1).describe("None that the caller lacks."))
          .maybe(
              "expires_in",
              Schema.integer(1, LIFETIME_MAX.toSeconds())
                  .byDefault(LIFETIME_MAX.toSeconds())
                  .describe("Seconds."));

  private final ApiKeyStore keys;
  private final TokenSource tokens;

  public ApiKeysApi(ApiKeyStore keys, TokenSource tokens) {
    this.keys = keys;
    this.tokens = tokens;
  }

  private static Schema described(String name, String description) {
    return Schema.answer(name, description)
        .with("id", Schema.text())
        .with("name", Schema.text())
        .with("hint", Schema.text().describe("Its last characters, to tell keys apart."))
        .with("scopes", Schema.set(Schema.text(), AdminScope.values().length))
        .maybe("owner_id", Schema.text().describe("Who made it; absent on the tenant's own."))
        .maybe("mandate_id", Schema.text().describe("The mandate that it spends."))
        .with("status", Schema.oneOf("active", "expired", "revoked"))
        .with("created_at", Schema.instant())
        .with("expires_at", Schema.instant())
        .maybe("revoked_at", Schema.instant())
        .maybe("last_used_at", Schema.instant().describe("To the minute."));
  }

  public List<Operation> operations() {
    Single<ApiKey> one =
        new Single<>("/api_keys/{api_key_id}", API_KEY, this::find, ApiKeysApi::json);
    return List.of(
        Operation.list("listApiKeys", AdminScope.API_KEYS_READ, "/api_keys", API_KEY, this::page)
            .says("Lists keys, newest first")
            .filter("kind", Schema.oneOf("admin", "mandate"), "Only those of this kind.")
            .filter("owner_id", Schema.text(), "Only those that this person made.")
            .filter("mandate_id", Schema.text(), "Only those that spend this mandate."),
        Operation.create(
                "createApiKey",
                AdminScope.API_KEYS_WRITE,
                "/api_keys",
                NEW_API_KEY,
                NEW_API_KEY_ANSWER,
                this::create)
            .says("Makes a key of the admin API")
            .audited("api_key.created")
            .mayRefuse(Reach.BEYOND, Reach.NEEDS_API_KEY),
        Operation.read("readApiKey", AdminScope.API_KEYS_READ, one).says("Reads a key"),
        Operation.act("revokeApiKey", AdminScope.API_KEYS_WRITE, one, "revoke", this::revoke)
            .says("Revokes a key; it stops at once")
            .audited("api_key.revoked"));
  }

  private Page page(Call call, Page.Range range) {
    String kind = call.query("kind");
    String owner = call.query("owner_id");
    String mandate = call.query("mandate_id");
    Filter filter =
        new Filter(
            kind == null ? null : kind.equals("mandate"),
            owner == null ? null : new UserId(owner),
            mandate == null ? null : new MandateId(mandate));
    String after = range.after();
    return Page.of(
        keys.page(call.tenant(), filter, after == null ? null : new ApiKeyId(after), range.rows()),
        range,
        key -> json(call, key),
        key -> key.id().value());
  }

  private @Nullable ApiKey find(Call call) {
    return keys.find(call.tenant(), new ApiKeyId(call.path("api_key_id")));
  }

  private Made create(Call call, ObjectNode body) {
    Reach.requireLasting(call);
    Set<String> scopes = Access.texts(body.required("scopes"));
    Reach.require(call, scopes, "the key would have");
    Secret secret = ApiKeyFormat.generate(tokens);
    ApiKey key =
        adminKey(
            call,
            new ApiKeyId(tokens.id("key")),
            secret,
            body.required("name").asText(),
            scopes,
            Duration.ofSeconds(body.required("expires_in").asLong()));
    keys.insert(key);
    return new Made(json(call, key), Map.of("api_key", secret));
  }

  private static ApiKey adminKey(
      Call call, ApiKeyId id, Secret secret, String name, Set<String> scopes, Duration lifetime) {
    return new ApiKey(
        call.tenant(),
        id,
        TokenHash.of(secret),
        ApiKeyFormat.hint(secret),
        name,
        call.caller().user(),
        null,
        scopes,
        call.now(),
        call.now().plus(lifetime),
        null,
        null);
  }

  private Made revoke(Call call, ApiKey current, ObjectNode body) {
    keys.revoke(call.tenant(), current.id(), call.now());
    ApiKey revoked = keys.find(call.tenant(), current.id());
    return Made.of(json(call, revoked == null ? current : revoked));
  }

  private static ObjectNode json(Call call, ApiKey key) {
    ObjectNode node =
        Json.object().put("id", key.id().value()).put("name", key.name()).put("hint", key.hint());
    new TreeSet<>(key.scopes()).forEach(node.putArray("scopes")::add);
    if (key.owner() != null) {
      node.put("owner_id", key.owner().value());
    }
    if (key.mandate() != null) {
      node.put("mandate_id", key.mandate().value());
    }
    node.put("status", status(key, call.now()))
        .put("created_at", key.createdAt().toString())
        .put("expires_at", key.expiresAt().toString());
    put(node, "revoked_at", key.revokedAt());
    put(node, "last_used_at", key.lastUsedAt());
    return node;
  }

  private static void put(ObjectNode node, String member, @Nullable Instant instant) {
    if (instant != null) {
      node.put(member, instant.toString());
    }
  }

  private static String status(ApiKey key, Instant now) {
    if (key.revokedAt() != null) {
      return "revoked";
    }
    return key.isLive(now) ? "active" : "expired";
  }
}

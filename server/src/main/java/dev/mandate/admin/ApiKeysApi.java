package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Refused;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore.Filter;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/api_keys`: all keys of the tenant, never with their secret; new ones, with scopes or
/// for a live mandate; rotating and revoking them.
public final class ApiKeysApi {
  private static final Problem TOO_MANY_KEYS =
      new Problem(409, "too_many_keys", "The mandate has as many live keys as it can have");

  private static final Problem ROTATED_MEANWHILE =
      new Problem(409, "rotated_meanwhile", "Another rotation came first");

  private static final Problem KEY_ENDED =
      new Problem(409, "key_ended", "The key was revoked or has expired");

  private final ApiKeys keys;
  private final RightsReader rights;
  private final UserStore users;

  public ApiKeysApi(ApiKeys keys, RightsReader rights, UserStore users) {
    this.keys = keys;
    this.rights = rights;
    this.users = users;
  }

  public List<Operation> operations() {
    Single<ApiKey> one =
        new Single<>("/api_keys/{api_key_id}", KeyJson.API_KEY, this::find, ApiKeysApi::json);
    return List.of(
        Operation.list(
                "listApiKeys", AdminScope.API_KEYS_READ, "/api_keys", KeyJson.API_KEY, this::page)
            .says("Lists keys, newest first")
            .filter("kind", Schema.oneOf("admin", "mandate"), "Only those of this kind.")
            .filter("owner_id", Schema.text(), "Only those of this person.")
            .filter("mandate_id", Schema.text(), "Only those that spend this mandate."),
        Operation.create(
                "createApiKey",
                AdminScope.API_KEYS_WRITE,
                "/api_keys",
                KeyJson.NEW,
                KeyJson.SHOWN,
                this::create)
            .says("Makes a key with scopes, or one that spends a mandate")
            .audited("api_key.created")
            .mayRefuse(Reach.BEYOND, Reach.NEEDS_API_KEY, Reach.OUTLIVES, TOO_MANY_KEYS),
        Operation.read("readApiKey", AdminScope.API_KEYS_READ, one).says("Reads a key"),
        Operation.act(
                "rotateApiKey",
                AdminScope.API_KEYS_WRITE,
                one,
                "rotate",
                KeyJson.ROTATION,
                KeyJson.SHOWN,
                this::rotate)
            .says("Gives a key a new secret; the one before works for a while")
            .audited("api_key.rotated")
            .mayRefuse(
                Reach.BEYOND, Reach.NEEDS_API_KEY, Reach.OUTLIVES, ROTATED_MEANWHILE, KEY_ENDED),
        Operation.act("revokeApiKey", AdminScope.API_KEYS_WRITE, one, "revoke", this::revoke)
            .says("Revokes a key and those that it made; they stop at once")
            .audited("api_key.revoked"));
  }

  private static ObjectNode json(Call call, ApiKey key) {
    return KeyJson.write(key, call.now());
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
    ApiKeyId before = after == null ? null : new ApiKeyId(after);
    return Page.of(
        keys.store().page(call.tenant(), filter, before, range.rows()),
        range,
        key -> json(call, key),
        key -> key.id().value());
  }

  private @Nullable ApiKey find(Call call) {
    return keys.store().find(call.tenant(), new ApiKeyId(call.path("api_key_id")));
  }

  private Made create(Call call, ObjectNode body) {
    Reach.requireLasting(call);
    if (body.has("scopes") == body.has("mandate_id")) {
      throw Problem.member("", "has scopes and mandate_id or neither, expected one of the two");
    }
    KeyBounds bounds = KeyJson.bounds(body);
    String name = body.required("name").asText();
    ApiKeyId maker = call.caller().key();
    ApiKeys.Wish wish;
    if (body.has("scopes")) {
      if (!bounds.givesAll()) {
        throw Problem.member("", "has access or limits, expected them on a key of a mandate only");
      }
      Set<String> scopes = Access.texts(body.required("scopes"));
      requireScopes(call, scopes);
      wish =
          new ApiKeys.Wish(call.tenant(), name, call.caller().user(), null, scopes, bounds, maker);
    } else {
      Mandate mandate = mandate(call, body.required("mandate_id").asText());
      requireWithin(mandate, bounds);
      wish =
          new ApiKeys.Wish(call.tenant(), name, mandate.user(), mandate, Set.of(), bounds, maker);
    }
    Instant end = end(call, body, wish.mandate(), null, null);
    ApiKeys.Shown made = keys.make(wish, end, call.now());
    return new Made(json(call, made.key()), Map.of("api_key", made.secret()));
  }

  private static void requireScopes(Call call, Set<String> scopes) {
    TreeSet<String> lacking = new TreeSet<>(scopes);
    lacking.removeAll(ApiKeys.givable(call.caller().scopes()));
    if (!lacking.isEmpty()) {
      throw Reach.BEYOND.because(
          "the key has or would have " + lacking + ", which the caller has not");
    }
  }

  /// A mandate that a key can spend now, of somebody within the caller's reach.
  private Mandate mandate(Call call, String id) {
    Rights worth = rights.read(call.tenant(), new MandateId(id));
    if (worth == null || !worth.isLive(call.now())) {
      throw Problem.member("/mandate_id", "is '" + id + "', expected a live mandate");
    }
    requireReach(call, worth.mandate());
    if (keys.isFull(worth.mandate(), call.now())) {
      throw TOO_MANY_KEYS.because(
          "a mandate has %d live keys at most, revoke one first"
              .formatted(keys.policy().livePerMandateMax()));
    }
    return worth.mandate();
  }

  /// Who hands out a mandate's key acts for its giver: that may be nobody who may do more. What the
  /// tenant itself gave to a service is theirs who manage its clients.
  private void requireReach(Call call, Mandate mandate) {
    UserId giver = mandate.user();
    if (giver == null) {
      Reach.require(call, Set.of(AdminScope.CLIENTS_WRITE.wire()), "a service's mandate needs");
      return;
    }
    User user = users.find(call.tenant(), giver);
    if (user == null) {
      throw Reach.BEYOND.because("nobody gives this mandate any more");
    }
    Reach.require(call, user.role());
  }

  /// What the mandate doesn't give, a key can't have; that it was asked for is a mistake to be
  /// told.
  private static void requireWithin(Mandate mandate, KeyBounds bounds) {
    for (int i = 0; i < bounds.access().size(); i++) {
      LlmTerms terms = bounds.access().get(i);
      String at = "/access/" + i;
      LlmAccess given =
          mandate.access().stream()
              .filter(one -> one.upstream().equals(terms.upstream()))
              .findFirst()
              .orElse(null);
      if (given == null) {
        throw Problem.member(at + "/upstream", "is not in the mandate");
      }
      Set<String> models = new TreeSet<>();
      mandate.access().stream()
          .filter(one -> one.upstream().equals(terms.upstream()))
          .forEach(one -> models.addAll(one.models()));
      if (terms.models() != null && !models.containsAll(terms.models())) {
        throw Problem.member(at + "/models", "names more than the mandate gives: " + models);
      }
      boolean capable =
          terms.capabilities() == null
              || mandate.access().stream()
                  .filter(one -> one.upstream().equals(terms.upstream()))
                  .anyMatch(one -> one.capabilities().containsAll(terms.capabilities()));
      if (!capable) {
        throw Problem.member(at + "/capabilities", "names more than the mandate gives");
      }
    }
  }

  /// When a key ends that says so in its body, or as late as it can.
  ///
  /// @param maker with which it ends
  /// @param before when it ended until now; null for a new one
  private Instant end(
      Call call,
      ObjectNode body,
      @Nullable Mandate mandate,
      @Nullable ApiKeyId maker,
      @Nullable Instant before) {
    Instant decider = call.caller().keyEnd();
    Instant latest = keys.latestEnd(call.tenant(), mandate, decider, maker, call.now());
    JsonNode seconds = body.get("expires_in");
    if (seconds == null && before != null) {
      // The caller learns the new secret: it must not get more time than it has.
      Reach.requireEnd(before, decider == null ? before : decider);
      return before;
    }
    if (seconds == null) {
      return latest;
    }
    Duration life = Duration.ofSeconds(seconds.asLong());
    if (life.compareTo(keys.policy().lifetimeMax()) > 0) {
      throw Problem.member(
          "/expires_in",
          "is %d, expected %d at most"
              .formatted(life.toSeconds(), keys.policy().lifetimeMax().toSeconds()));
    }
    Instant end = call.now().plus(life);
    Reach.requireEnd(end, latest);
    return end;
  }

  private Made rotate(Call call, ApiKey current, ObjectNode body) {
    Reach.requireLasting(call);
    Mandate mandate = requireRotatable(call, current);
    JsonNode generation = body.get("generation");
    if (generation != null && generation.asInt() != current.generation()) {
      throw rotatedMeanwhile();
    }
    JsonNode seconds = body.get("grace");
    Duration grace = seconds == null ? keys.policy().grace() : Duration.ofSeconds(seconds.asLong());
    ApiKeyId self = call.caller().key();
    ApiKeyId maker = current.id().equals(self) ? current.maker() : self;
    Instant end = end(call, body, mandate, maker, current.expiresAt());
    return switch (keys.rotate(current, grace, end, maker, call.now())) {
      case ApiKeys.Rotated.New(ApiKeys.Shown shown) ->
          new Made(json(call, shown.key()), Map.of("api_key", shown.secret()));
      case ApiKeys.Rotated.Overtaken() -> throw rotatedMeanwhile();
      case ApiKeys.Rotated.Ended() ->
          throw KEY_ENDED.because("a key that has ended has no new secret, make another one");
    };
  }

  private static Refused rotatedMeanwhile() {
    return ROTATED_MEANWHILE.because("it was rotated since it was read; read it again");
  }

  /// Whoever rotates a key holds its new secret, so they could have made it.
  ///
  /// @return the mandate that the key spends; null when it has scopes
  private @Nullable Mandate requireRotatable(Call call, ApiKey key) {
    MandateId id = key.mandate();
    if (id != null) {
      Rights worth = rights.read(call.tenant(), id);
      if (worth == null || !worth.isLive(call.now())) {
        throw KEY_ENDED.because("the key's mandate has ended or is suspended");
      }
      requireReach(call, worth.mandate());
      return worth.mandate();
    }
    if (key.owner() != null && !key.owner().equals(call.caller().user())) {
      throw Reach.BEYOND.because("the key is another person's, who alone has it");
    }
    requireScopes(call, key.scopes());
    return null;
  }

  private Made revoke(Call call, ApiKey current, ObjectNode body) {
    keys.revoke(current, call.caller().user(), call.now());
    ApiKey revoked = keys.store().find(call.tenant(), current.id());
    return Made.of(json(call, revoked == null ? current : revoked));
  }
}

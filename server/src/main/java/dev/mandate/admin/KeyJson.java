package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.apikey.KeySecret;
import dev.mandate.domain.budget.Tags;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.net.AddressRange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// API keys as the admin API reads and writes them.
final class KeyJson {
  private static final int ADDRESSES_MAX = 20;
  private static final int MODELS_MAX = 100;
  private static final int UPSTREAMS_MAX = 50;

  private static final Schema SCOPES =
      Schema.set(Schema.oneOf(ApiKeys.scopes()), ApiKeys.scopes().size());

  private static final Schema LIFETIME =
      Schema.integer(1, ApiKeyPolicy.LIFETIME_CEILING.toSeconds());

  private static final Schema ACCESS =
      Schema.array(
              Schema.body("KeyAccess", "What a key may do of one upstream of its mandate.")
                  .with("upstream", Schema.text().describe("The upstream's id.").example("openai"))
                  .maybe("models", Schema.set(Schema.text(), MODELS_MAX).atLeast(1))
                  .maybe(
                      "capabilities",
                      Schema.set(Schema.oneOf(Capability.wires()), Capability.values().length)
                          .atLeast(1)),
              UPSTREAMS_MAX)
          .describe("Less than the mandate gives; absent for all of it.");

  private static final Schema ADDRESSES =
      Schema.set(Schema.text(), ADDRESSES_MAX)
          .describe("Where the key is taken from, in CIDR notation; absent for anywhere.");

  private static final Schema TAGS =
      Schema.array(
              Schema.body("Tag", "What calls are for.")
                  .with("name", Schema.string(1, Tags.NAME_CHARACTERS_MAX))
                  .with("value", Schema.string(1, Tags.VALUE_CHARACTERS_MAX)),
              Tags.COUNT_MAX)
          .describe("Of all calls with the key, which can't set them otherwise (`Mandate-Tags`).");

  private static final Schema LIMITS =
      Access.LIMITS.named(
          "KeyLimits", "Upper bounds of all calls with a key, inside of those of its mandate.");

  static final Schema API_KEY = described("ApiKey", "A key, without its secret.");

  static final Schema SHOWN =
      described("NewApiKeyWithSecret", "A key, this once with its secret.")
          .with("api_key", Schema.text().describe("The key itself, shown in this answer only."));

  static final Schema NEW =
      Schema.body("NewApiKey", "A key with scopes, or one that spends a mandate.")
          .with("name", Schema.text())
          .maybe(
              "scopes",
              SCOPES
                  .atLeast(1)
                  .describe("None that the caller lacks; of a key that spends no mandate."))
          .maybe("mandate_id", Schema.text().describe("The mandate to spend, which is live."))
          .maybe("access", ACCESS.atLeast(1))
          .maybe("limits", LIMITS)
          .maybe("addresses", ADDRESSES.atLeast(1))
          .maybe("tags", TAGS.atLeast(1))
          .maybe("expires_in", LIFETIME.describe("Seconds; as long as it can when absent."))
          .example(
              Json.object()
                  .put("name", "nightly export")
                  .set("scopes", Json.object().arrayNode().add("users:read")));

  static final Schema ROTATION =
      Schema.body("ApiKeyRotation", "How to rotate a key.")
          .maybe(
              "grace",
              Schema.integer(0, ApiKeyPolicy.GRACE_MAX.toSeconds())
                  .describe("Seconds for which the secret before still works; a day when absent."))
          .maybe(
              "generation",
              Schema.integer(0, Integer.MAX_VALUE)
                  .describe("Refuse if it was rotated since it had this generation."))
          .maybe(
              "expires_in",
              LIFETIME.describe("Seconds from now: renews its life. Its end stays when absent."));

  private KeyJson() {}

  private static Schema described(String name, String description) {
    return Schema.answer(name, description)
        .with("id", Schema.text().describe("Stays when the key is rotated."))
        .with("name", Schema.text())
        .with("hint", Schema.text().describe("Its last characters, to tell keys apart."))
        .with("scopes", SCOPES)
        .maybe("owner_id", Schema.text().describe("Whose it is; absent on the tenant's own."))
        .maybe("mandate_id", Schema.text().describe("The mandate that it spends."))
        .maybe("maker_id", Schema.text().describe("The key that made it, with which it ends."))
        .maybe("access", ACCESS)
        .maybe("limits", LIMITS)
        .maybe("addresses", ADDRESSES)
        .maybe("tags", TAGS)
        .with("generation", Schema.integer(0, Integer.MAX_VALUE).describe("Rotations so far."))
        .with("status", Schema.oneOf("active", "expired", "revoked"))
        .with("created_at", Schema.instant())
        .with("rotated_at", Schema.instant().describe("When its secret was made."))
        .maybe("former_ends_at", Schema.instant().describe("When the secret before stops working."))
        .with("expires_at", Schema.instant())
        .maybe("revoked_at", Schema.instant())
        .maybe("last_used_at", Schema.instant().describe("To the minute."))
        .maybe("last_used_from", Schema.text().describe("The peer's address."))
        .maybe("leaked_at", Schema.instant().describe("When it was found in the open."))
        .maybe("leaked_where", Schema.text());
  }

  static ObjectNode write(ApiKey key, Instant now) {
    ObjectNode node =
        Json.object().put("id", key.id().value()).put("name", key.name()).put("hint", key.hint());
    new TreeSet<>(key.scopes()).forEach(node.putArray("scopes")::add);
    put(node, "owner_id", key.owner());
    put(node, "mandate_id", key.mandate());
    put(node, "maker_id", key.maker());
    write(node, key.bounds());
    node.put("generation", key.generation())
        .put("status", status(key, now))
        .put("created_at", key.createdAt().toString())
        .put("rotated_at", key.secrets().getFirst().createdAt().toString());
    KeySecret former = key.former(now);
    put(node, "former_ends_at", former == null ? null : former.endsAt());
    node.put("expires_at", key.expiresAt().toString());
    put(node, "revoked_at", key.revokedAt());
    put(node, "last_used_at", key.lastUsedAt());
    put(node, "last_used_from", key.lastUse() == null ? null : key.lastUse().from());
    put(node, "leaked_at", key.leak() == null ? null : key.leak().at());
    put(node, "leaked_where", key.leak() == null ? null : key.leak().place().wire());
    return node;
  }

  private static void put(ObjectNode node, String member, @Nullable Object value) {
    if (value != null) {
      node.put(member, value.toString());
    }
  }

  private static void write(ObjectNode node, KeyBounds bounds) {
    if (!bounds.access().isEmpty()) {
      ArrayNode access = node.putArray("access");
      Access.write(bounds.access()).forEach(access::add);
    }
    if (!bounds.limits().equals(Limits.NONE)) {
      node.set("limits", AuthorizationDetails.writeLimits(bounds.limits()));
    }
    if (!bounds.addresses().isEmpty()) {
      ArrayNode addresses = node.putArray("addresses");
      bounds.addresses().forEach(range -> addresses.add(range.toString()));
    }
    if (!bounds.tags().isEmpty()) {
      ArrayNode tags = node.putArray("tags");
      Tags.byName(bounds.tags())
          .forEach((name, value) -> tags.addObject().put("name", name).put("value", value));
    }
  }

  private static String status(ApiKey key, Instant now) {
    if (key.revokedAt() != null) {
      return "revoked";
    }
    return key.isLive(now) ? "active" : "expired";
  }

  /// Reads what fits [#NEW].
  static KeyBounds bounds(ObjectNode body) {
    List<LlmTerms> access =
        body.has("access") ? Access.terms(body.required("access"), "/access") : List.of();
    List<AddressRange> addresses = new ArrayList<>();
    JsonNode texts = body.path("addresses");
    for (int i = 0; i < texts.size(); i++) {
      try {
        addresses.add(AddressRange.parse(texts.get(i).asText()));
      } catch (AddressRange.InvalidRange e) {
        throw Problem.member("/addresses/" + i, String.valueOf(e.getMessage()));
      }
    }
    return new KeyBounds(access, Access.limits(body.path("limits")), addresses, tags(body));
  }

  private static String tags(ObjectNode body) {
    StringJoiner given = new StringJoiner(",");
    for (JsonNode tag : body.path("tags")) {
      given.add(tag.path("name").asText() + "=" + tag.path("value").asText());
    }
    try {
      String tags = given.length() == 0 ? Tags.NONE : Tags.parse(given.toString());
      if (Tags.byName(tags).size() != body.path("tags").size()) {
        throw Problem.member("/tags", "a comma stands in a tag, expected none");
      }
      return tags;
    } catch (Tags.Invalid e) {
      throw Problem.member("/tags", String.valueOf(e.getMessage()));
    }
  }
}

package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.domain.vault.MasterRotation;
import dev.mandate.domain.vault.MasterRotation.Refused;
import dev.mandate.domain.vault.TenantKeyStore;
import dev.mandate.domain.vault.TenantKeyStore.Holder;
import dev.mandate.platform.json.Json;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/vault`, in the tenant that runs the server and in no other: which master key wraps
/// the tenants' keys, and putting another one in its place.
public final class VaultApi {
  private static final int NODES_MAX = 1_000;
  private static final int KEYS_MAX = 200;
  private static final int ID_CHARACTERS_MAX = 63;
  private static final long TENANTS_MAX = 1_000_000_000L;

  private static final Problem UNKNOWN =
      new Problem(409, "master_key_unknown", "The node has no such master key");
  private static final Problem LACKING =
      new Problem(409, "master_key_not_everywhere", "A node lacks the master key");
  private static final Problem SUPERSEDED =
      new Problem(409, "rotation_superseded", "Another master key was put into use meanwhile");

  private static final Schema KEY_ID =
      Schema.string(1, ID_CHARACTERS_MAX).describe("A master key's id: the name of its file.");

  private static final Schema VAULT =
      Schema.answer("Vault", "Which master keys wrap the tenants' keys.")
          .with("id", Schema.oneOf("vault"))
          .with("master_key", KEY_ID.describe("The one in use: it wraps new tenants' keys."))
          .with(
              "master_keys",
              Schema.array(
                  Schema.answer("MasterKey", "A master key, never the key itself.")
                      .with("id", KEY_ID)
                      .with("wraps", Schema.integer(0, TENANTS_MAX).describe("Tenants' keys."))
                      .with(
                          "nodes",
                          Schema.set(Schema.text(), NODES_MAX).describe("Those that have it.")),
                  KEYS_MAX));

  private static final Schema ROTATED =
      Schema.answer("MasterRotation", "What a run of a rotation did.")
          .with("id", Schema.oneOf("vault"))
          .with("master_key", KEY_ID.describe("The one in use now."))
          .with(
              "rewrapped",
              Schema.integer(0, TENANTS_MAX)
                  .describe("Tenants' keys that this run wrapped anew, read again and opened."))
          .with(
              "remaining",
              Schema.integer(0, TENANTS_MAX)
                  .describe("That another master key wraps still; not 0: run it again."))
          .with(
              "unused",
              Schema.set(KEY_ID, KEYS_MAX)
                  .describe("Master keys that wrap nothing: needed for older backups only."));

  private static final Schema ROTATE =
      Schema.body("RotateMaster", "Which master key is to wrap all tenants' keys.")
          .with("master_key", KEY_ID.example("2027-01"));

  private final MasterKeys masters;
  private final TenantKeyStore keys;
  private final MasterRotation rotation;
  private final TenantId home;

  /// @param home the tenant that runs the server
  public VaultApi(MasterKeys masters, TenantKeyStore keys, MasterRotation rotation, TenantId home) {
    this.masters = masters;
    this.keys = keys;
    this.rotation = rotation;
    this.home = home;
  }

  public List<Operation> operations() {
    Single<TenantKeyStore> vault =
        new Single<>("/vault", VAULT, this::find, (_, found) -> json(found));
    return List.of(
        Operation.read("readVault", AdminScope.VAULT_READ, vault)
            .says("Reads which master keys are in use; only in the tenant that runs the server")
            .mayRefuse(Problem.NOT_FOUND),
        Operation.act(
                "rotateMaster",
                AdminScope.VAULT_WRITE,
                vault,
                "rotate_master",
                ROTATE,
                ROTATED,
                this::rotate)
            .says(
                "Wraps all tenants' keys by another master key while every node serves; only in the"
                    + " tenant that runs the server")
            .audited("vault.master_rotated")
            .mayRefuse(Problem.NOT_FOUND, UNKNOWN, LACKING, SUPERSEDED, Reach.NEEDS_API_KEY));
  }

  /// Other tenants don't know that there is one.
  private @Nullable TenantKeyStore find(Call call) {
    return call.tenant().equals(home) ? keys : null;
  }

  private ObjectNode json(TenantKeyStore store) {
    SortedMap<String, Long> counts = store.counts();
    List<Holder> holders = store.holders();
    TreeSet<String> ids = new TreeSet<>(masters.ids());
    ids.addAll(counts.keySet());
    holders.forEach(holder -> ids.addAll(holder.fingerprints().keySet()));
    ObjectNode json = Json.object().put("id", "vault").put("master_key", store.inUse());
    ArrayNode list = json.putArray("master_keys");
    for (String id : ids) {
      ObjectNode key =
          list.addObject().put("id", id).put("wraps", counts.getOrDefault(id, 0L).longValue());
      ArrayNode nodes = key.putArray("nodes");
      holders.stream()
          .filter(holder -> holder.fingerprints().containsKey(id))
          .forEach(holder -> nodes.add(holder.node().value()));
    }
    return json;
  }

  private Made rotate(Call call, TenantKeyStore store, ObjectNode body) {
    Reach.requireLasting(call);
    try {
      MasterRotation.Report report = rotation.rotate(body.required("master_key").asText());
      ObjectNode json =
          Json.object()
              .put("id", "vault")
              .put("master_key", report.masterKey())
              .put("rewrapped", report.rewrapped())
              .put("remaining", report.remaining());
      report.unused().forEach(json.putArray("unused")::add);
      return new Made(json, Map.of());
    } catch (Refused e) {
      throw problem(e.why()).because(String.valueOf(e.getMessage()));
    }
  }

  private static Problem problem(Refused.Why why) {
    return switch (why) {
      case UNKNOWN_KEY -> UNKNOWN;
      case NODE_LACKS_KEY -> LACKING;
      case SUPERSEDED -> SUPERSEDED;
    };
  }
}

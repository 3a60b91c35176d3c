package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.domain.tier.ModelTierStore.Outcome;
import dev.mandate.domain.tier.ModelTiers;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// `/admin/v1/model_tiers`: groups of models, each opened by a scope.
public final class ModelTiersApi {
  private static final int ROLES_MAX = RoleStore.OWN_MAX + 5;

  private static final Problem EXISTS =
      new Problem(409, "tier_exists", "The tenant has a tier of this name");

  private static final Problem OVERLAPS =
      new Problem(409, "model_in_another_tier", "A model is in one tier at most");

  private static final Problem TOO_MANY =
      new Problem(409, "too_many_tiers", "The tenant has as many tiers as it can have");

  private static final Schema NAME =
      Schema.pattern("^" + ModelTier.NAME_PATTERN + "$", 40)
          .describe("Its scope is `tier:` and this.");

  private static final Schema MODELS =
      Schema.array(
              Schema.body("TierModels", "Models of one name.")
                  .with("upstream", Schema.text().example("openai"))
                  .with("name", Schema.text().describe("Exact."))
                  .maybe(
                      "dated",
                      Schema.flag()
                          .describe(
                              "Whether it is an alias whose dated versions are meant as well:"
                                  + " `{name}-2026-01-02`, `{name}-20260102`, and nothing else that"
                                  + " begins with it.")
                          .byDefault(false)),
              ModelTier.MODELS_MAX)
          .atLeast(1);

  private static final Schema TIER =
      settings(
          Schema.answer("ModelTier", "A group of models.")
              .with("id", NAME)
              .with("scope", Schema.text()));

  private static final Schema NEW_TIER =
      settings(
          Schema.body("NewModelTier", "A group of models to be.")
              .with("id", NAME.example("premium")));

  private static final Schema SETTINGS =
      settings(Schema.body("ModelTierSettings", "What can be changed of a tier."));

  private final ModelTierStore tiers;
  private final UpstreamStore upstreams;
  private final RoleStore roles;

  public ModelTiersApi(ModelTierStore tiers, UpstreamStore upstreams, RoleStore roles) {
    this.tiers = tiers;
    this.upstreams = upstreams;
    this.roles = roles;
  }

  private static Schema settings(Schema schema) {
    return schema
        .with("display_name", Schema.text().describe("For people, at consent."))
        .maybe(
            "elevated",
            Schema.flag()
                .describe(
                    "Whether nobody has its models without its scope. Those of any other tier are"
                        + " open to mandates that name no tier.")
                .byDefault(false))
        .maybe(
            "roles",
            Schema.set(Schema.pattern("^" + Role.NAME_PATTERN + "$", 63), ROLES_MAX)
                .describe(
                    "Of people who may give it away; empty for all, which an elevated one can't"
                        + " be.")
                .byDefault(List.of()))
        .with("models", MODELS);
  }

  public List<Operation> operations() {
    Single<ModelTier> one =
        new Single<>(
            "/model_tiers/{model_tier_id}",
            TIER,
            call -> tiers.find(call.tenant(), call.path("model_tier_id")),
            (_, tier) -> json(tier));
    return List.of(
        Operation.list(
                "listModelTiers", AdminScope.ENTITLEMENTS_READ, "/model_tiers", TIER, this::page)
            .says("Lists the tiers that models are grouped in, by name"),
        Operation.create(
                "createModelTier",
                AdminScope.ENTITLEMENTS_WRITE,
                "/model_tiers",
                NEW_TIER,
                TIER,
                this::create)
            .says("Groups models in a tier, from the next call on")
            .audited("model_tier.created")
            .mayRefuse(EXISTS, OVERLAPS, TOO_MANY),
        Operation.read("readModelTier", AdminScope.ENTITLEMENTS_READ, one).says("Reads a tier"),
        Operation.replace(
                "replaceModelTier",
                AdminScope.ENTITLEMENTS_WRITE,
                one,
                SETTINGS,
                (call, current, body) -> read(call.tenant(), current.name(), body),
                this::replace)
            .says("Replaces what is in a tier and who may give it, from the next call on")
            .audited("model_tier.changed")
            .mayRefuse(OVERLAPS),
        Operation.remove(
                "deleteModelTier",
                AdminScope.ENTITLEMENTS_WRITE,
                one,
                (_, expected) -> tiers.remove(expected) == Outcome.DONE)
            .says("Removes a tier; its models are then in none, and open to who lists them")
            .audited("model_tier.deleted"));
  }

  private Page page(Call call, Page.Range range) {
    String after = range.after();
    List<ModelTier> rows =
        tiers.all(call.tenant()).stream()
            .filter(tier -> after == null || tier.name().compareTo(after) > 0)
            .limit(range.rows())
            .toList();
    return Page.of(rows, range, ModelTiersApi::json, ModelTier::name);
  }

  private Made create(Call call, ObjectNode body) {
    ModelTier tier = read(call.tenant(), body.required("id").asText(), body);
    return switch (tiers.save(null, tier)) {
      case DONE -> Made.of(json(tier));
      case UNEXPECTED -> throw EXISTS.because("there is a tier " + tier.name());
      case OVERLAPS -> throw overlaps();
      case FULL -> throw TOO_MANY.because("there are " + ModelTierStore.TIERS_MAX + " already");
    };
  }

  private static RuntimeException overlaps() {
    return OVERLAPS.because("one of these is listed twice, or by another tier");
  }

  private boolean replace(ModelTier expected, ModelTier replacement) {
    Outcome outcome = tiers.save(expected, replacement);
    if (outcome == Outcome.OVERLAPS) {
      throw overlaps();
    }
    return outcome == Outcome.DONE;
  }

  private ModelTier read(TenantId tenant, String name, ObjectNode body) {
    boolean elevated = body.path("elevated").asBoolean(false);
    Set<String> names = Access.texts(body.path("roles"));
    if (elevated && names.isEmpty()) {
      throw Problem.member("/roles", "is empty; expected the roles that may give an elevated tier");
    }
    for (String role : names) {
      if (roles.find(tenant, role) == null) {
        throw Problem.member("/roles", "has '" + role + "', which is no role of the tenant");
      }
    }
    List<ModelTier.Models> models = new ArrayList<>();
    for (JsonNode node : body.required("models")) {
      models.add(
          new ModelTier.Models(
              node.required("upstream").asText(),
              node.required("name").asText(),
              node.path("dated").asBoolean(false)));
    }
    ModelTier tier =
        new ModelTier(
            tenant,
            name,
            body.required("display_name").asText(),
            elevated,
            new TreeSet<>(names),
            models);
    requireKnown(tier);
    return tier;
  }

  /// A misspelled name would leave a model open that was meant to be closed.
  private void requireKnown(ModelTier tier) {
    for (int i = 0; i < tier.models().size(); i++) {
      ModelTier.Models models = tier.models().get(i);
      Upstream upstream = upstreams.find(tier.tenant(), models.upstream());
      if (upstream == null) {
        throw Problem.member("/models/" + i + "/upstream", "is no upstream of the tenant");
      }
      if (!ModelTiers.isKnown(models, upstream)) {
        throw Problem.member(
            "/models/" + i + "/name",
            "is not in the catalogue of '" + models.upstream() + "', expected an exact name");
      }
    }
  }

  private static ObjectNode json(ModelTier tier) {
    ObjectNode node =
        Json.object()
            .put("id", tier.name())
            .put("scope", tier.scope())
            .put("display_name", tier.displayName())
            .put("elevated", tier.elevated());
    tier.roles().forEach(node.putArray("roles")::add);
    ArrayNode models = node.putArray("models");
    for (ModelTier.Models one : tier.models()) {
      models
          .addObject()
          .put("upstream", one.upstream())
          .put("name", one.name())
          .put("dated", one.dated());
    }
    return node;
  }
}

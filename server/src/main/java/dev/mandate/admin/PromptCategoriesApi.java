package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.prompt.PromptDecision;
import dev.mandate.domain.prompt.PromptPolicy;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.domain.prompt.PromptStore.Outcome;
import dev.mandate.domain.prompt.ShippedRules;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.platform.json.Json;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// `/admin/v1/prompt_categories` and `/admin/v1/prompt_policy`: what prompts may be about.
public final class PromptCategoriesApi {
  private static final int ROLES_MAX = RoleStore.OWN_MAX + 5;

  private static final Problem EXISTS =
      new Problem(409, "category_exists", "The tenant has a category of this name");

  private static final Problem TOO_MANY =
      new Problem(409, "too_many_categories", "The tenant has as many categories as it can have");

  private static final Schema NAME =
      Schema.pattern("^" + PromptCategory.NAME_PATTERN + "$", 40)
          .describe("Its scope is `prompt:` and this.");

  private static final Schema POLICY =
      policy(
          Schema.answer("PromptPolicy", "What is done with prompts.")
              .with("id", Schema.oneOf("tenant")));

  private static final Schema POLICY_SETTINGS =
      policy(Schema.body("PromptPolicySettings", "What can be changed of the prompt policy."));

  private final PromptStore prompts;
  private final RoleStore roles;
  private final ShippedRules shipped;

  public PromptCategoriesApi(PromptStore prompts, RoleStore roles, ShippedRules shipped) {
    this.prompts = prompts;
    this.roles = roles;
    this.shipped = shipped;
  }

  private static Schema policy(Schema schema) {
    return schema
        .with(
            "classifies",
            Schema.flag()
                .describe(
                    "Whether prompts are looked at. Those of mandates that list categories always"
                        + " are."))
        .with(
            "fails_open",
            Schema.flag().describe("Whether a prompt passes that could not be classified."))
        .with(
            "allows_other",
            Schema.flag().describe("Whether a prompt passes that is of no category."))
        .with(
            "characters_max",
            Schema.integer(PromptPolicy.CHARACTERS_LEAST, PromptPolicy.CHARACTERS_MOST)
                .describe(
                    "Of one prompt's texts. A longer one is refused, or, where it fails open,"
                        + " looked at in its beginning and its end."));
  }

  private Schema settings(Schema schema) {
    return schema
        .with("display_name", Schema.text().describe("For people, at consent."))
        .with("decision", Schema.oneOf(PromptDecision.wires()))
        .maybe(
            "needs_scope",
            Schema.flag()
                .describe("Whether the mandate needs the scope `prompt:{id}`.")
                .byDefault(false))
        .maybe(
            "roles",
            Schema.set(Schema.pattern("^" + Role.NAME_PATTERN + "$", 63), ROLES_MAX)
                .describe("Of people whose mandates may send it; empty for all.")
                .byDefault(List.of()))
        .maybe(
            "shipped_rules",
            Schema.oneOf(new TreeSet<>(shipped.sets().keySet()))
                .describe("A shipped set of rules that finds it; own rules alone when absent."));
  }

  public List<Operation> operations() {
    Schema category =
        settings(
            Schema.answer("PromptCategory", "What a prompt may be about.")
                .with("id", NAME)
                .with("scope", Schema.text()));
    Single<PromptCategory> one =
        new Single<>(
            "/prompt_categories/{prompt_category_id}",
            category,
            call -> prompts.category(call.tenant(), call.path("prompt_category_id")),
            (_, found) -> json(found));
    Single<PromptPolicy> policy =
        new Single<>(
            "/prompt_policy",
            POLICY,
            call -> prompts.policy(call.tenant()),
            (_, found) -> json(found));
    return List.of(
        Operation.read("readPromptPolicy", AdminScope.ENTITLEMENTS_READ, policy)
            .says("Reads what is done with prompts"),
        Operation.replace(
                "replacePromptPolicy",
                AdminScope.ENTITLEMENTS_WRITE,
                policy,
                POLICY_SETTINGS,
                (call, _, body) -> policy(call.tenant(), body),
                prompts::replace)
            .says("Says what is done with prompts, from the next call on")
            .audited("prompt_policy.changed"),
        Operation.list(
                "listPromptCategories",
                AdminScope.ENTITLEMENTS_READ,
                "/prompt_categories",
                category,
                this::page)
            .says("Lists what prompts may be about, by name"),
        Operation.create(
                "createPromptCategory",
                AdminScope.ENTITLEMENTS_WRITE,
                "/prompt_categories",
                settings(
                    Schema.body("NewPromptCategory", "What a prompt may be about, to be.")
                        .with("id", NAME.example("code_generation"))),
                category,
                this::create)
            .says("Names a category of prompts, from the next call on")
            .audited("prompt_category.created")
            .mayRefuse(EXISTS, TOO_MANY),
        Operation.read("readPromptCategory", AdminScope.ENTITLEMENTS_READ, one)
            .says("Reads a category of prompts"),
        Operation.replace(
                "replacePromptCategory",
                AdminScope.ENTITLEMENTS_WRITE,
                one,
                settings(
                    Schema.body("PromptCategorySettings", "What can be changed of a category.")),
                (call, current, body) -> read(call.tenant(), current.name(), body),
                (expected, replacement) -> prompts.save(expected, replacement) == Outcome.DONE)
            .says("Says who may send prompts of a category, from the next call on")
            .audited("prompt_category.changed"),
        Operation.remove(
                "deletePromptCategory",
                AdminScope.ENTITLEMENTS_WRITE,
                one,
                (_, expected) -> prompts.remove(expected) == Outcome.DONE)
            .says("Removes a category of prompts and its rules")
            .audited("prompt_category.deleted"));
  }

  private Page page(Call call, Page.Range range) {
    String after = range.after();
    List<PromptCategory> rows =
        prompts.book(call.tenant()).categories().stream()
            .filter(category -> after == null || category.name().compareTo(after) > 0)
            .limit(range.rows())
            .toList();
    return Page.of(rows, range, PromptCategoriesApi::json, PromptCategory::name);
  }

  private Made create(Call call, ObjectNode body) {
    PromptCategory category = read(call.tenant(), body.required("id").asText(), body);
    return switch (prompts.save(null, category)) {
      case DONE -> Made.of(json(category));
      case UNEXPECTED -> throw EXISTS.because("there is a category " + category.name());
      case FULL -> throw TOO_MANY.because("there are " + PromptStore.CATEGORIES_MAX + " already");
    };
  }

  private PromptCategory read(TenantId tenant, String name, ObjectNode body) {
    Set<String> names = Access.texts(body.path("roles"));
    for (String role : names) {
      if (roles.find(tenant, role) == null) {
        throw Problem.member("/roles", "has '" + role + "', which is no role of the tenant");
      }
    }
    return new PromptCategory(
        tenant,
        name,
        body.required("display_name").asText(),
        PromptDecision.ofWire(body.required("decision").asText()),
        body.path("needs_scope").asBoolean(false),
        new TreeSet<>(names),
        body.hasNonNull("shipped_rules") ? body.required("shipped_rules").asText() : null);
  }

  private static PromptPolicy policy(TenantId tenant, ObjectNode body) {
    return new PromptPolicy(
        tenant,
        body.required("classifies").asBoolean(),
        body.required("fails_open").asBoolean(),
        body.required("allows_other").asBoolean(),
        body.required("characters_max").asInt());
  }

  private static ObjectNode json(PromptPolicy policy) {
    return Json.object()
        .put("id", "tenant")
        .put("classifies", policy.classifies())
        .put("fails_open", policy.failsOpen())
        .put("allows_other", policy.allowsOther())
        .put("characters_max", policy.charactersMax());
  }

  private static ObjectNode json(PromptCategory category) {
    ObjectNode node =
        Json.object()
            .put("id", category.name())
            .put("scope", category.scope())
            .put("display_name", category.displayName())
            .put("decision", category.decision().wire())
            .put("needs_scope", category.needsScope());
    category.roles().forEach(node.putArray("roles")::add);
    if (category.shippedRules() != null) {
      node.put("shipped_rules", category.shippedRules());
    }
    return node;
  }
}

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
import dev.mandate.domain.prompt.PromptRule;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.domain.prompt.PromptStore.Outcome;
import dev.mandate.domain.prompt.RulePatterns;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import java.util.List;

/// `/admin/v1/prompt_rules`: a tenant's own patterns that find categories in prompts.
public final class PromptRulesApi {
  private static final Problem NO_CATEGORY =
      new Problem(409, "no_such_category", "The tenant has no category of this name");

  private static final Problem TOO_MANY =
      new Problem(409, "too_many_rules", "The tenant has as many rules as it can have");

  private static final Schema CATEGORY =
      Schema.pattern("^" + PromptCategory.NAME_PATTERN + "$", 40);

  private static final Schema PATTERN =
      Schema.string(1, RulePatterns.CHARACTERS_MAX)
          .describe(
              "In RE2's syntax, matched anywhere and in any case; the text has its full-width and"
                  + " separate letters put together, nothing unseen, and single spaces.");

  private static final Schema RULE =
      Schema.answer("PromptRule", "A pattern that finds a category.")
          .with("id", Schema.text())
          .with("category", CATEGORY)
          .with("pattern", PATTERN);

  private static final Schema NEW_RULE =
      Schema.body("NewPromptRule", "A pattern that is to find a category.")
          .with("category", CATEGORY.example("code_generation"))
          .with("pattern", PATTERN.example("\\bproject (orion|lynx)\\b"));

  private final PromptStore prompts;
  private final TokenSource ids;

  public PromptRulesApi(PromptStore prompts, TokenSource ids) {
    this.prompts = prompts;
    this.ids = ids;
  }

  public List<Operation> operations() {
    Single<PromptRule> one =
        new Single<>(
            "/prompt_rules/{prompt_rule_id}",
            RULE,
            call -> prompts.rule(call.tenant(), call.path("prompt_rule_id")),
            (_, rule) -> json(rule));
    return List.of(
        Operation.list(
                "listPromptRules", AdminScope.ENTITLEMENTS_READ, "/prompt_rules", RULE, this::page)
            .says("Lists the tenant's own rules"),
        Operation.create(
                "createPromptRule",
                AdminScope.ENTITLEMENTS_WRITE,
                "/prompt_rules",
                NEW_RULE,
                RULE,
                this::create)
            .says("Adds a pattern that finds a category, from the next call on")
            .audited("prompt_rule.created")
            .mayRefuse(NO_CATEGORY, TOO_MANY),
        Operation.read("readPromptRule", AdminScope.ENTITLEMENTS_READ, one).says("Reads a rule"),
        Operation.remove(
                "deletePromptRule",
                AdminScope.ENTITLEMENTS_WRITE,
                one,
                (_, expected) -> prompts.remove(expected) == Outcome.DONE)
            .says("Removes a rule, from the next call on")
            .audited("prompt_rule.deleted"));
  }

  private Page page(Call call, Page.Range range) {
    String after = range.after();
    List<PromptRule> rows =
        prompts.rules(call.tenant()).stream()
            .filter(rule -> after == null || rule.id().compareTo(after) > 0)
            .limit(range.rows())
            .toList();
    return Page.of(rows, range, PromptRulesApi::json, PromptRule::id);
  }

  private Made create(Call call, ObjectNode body) {
    String pattern = body.required("pattern").asText();
    String wrong = RulePatterns.wrongWith(pattern);
    if (wrong != null) {
      throw Problem.member("/pattern", wrong);
    }
    PromptRule rule =
        new PromptRule(call.tenant(), ids.id("prl"), body.required("category").asText(), pattern);
    return switch (prompts.insert(rule)) {
      case DONE -> Made.of(json(rule));
      case UNEXPECTED -> throw NO_CATEGORY.because("there is no category " + rule.category());
      case FULL -> throw TOO_MANY.because("there are " + PromptStore.RULES_MAX + " already");
    };
  }

  private static ObjectNode json(PromptRule rule) {
    return Json.object()
        .put("id", rule.id())
        .put("category", rule.category())
        .put("pattern", rule.pattern());
  }
}

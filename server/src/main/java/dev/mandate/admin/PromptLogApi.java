package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.promptlog.PromptLog;
import dev.mandate.domain.promptlog.PromptLogPolicy;
import dev.mandate.domain.promptlog.PromptLogStore;
import dev.mandate.domain.promptlog.PromptLogStore.Kept;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/prompt-log` and `/prompts`: whether a tenant keeps what is asked and answered, and
/// what it has kept. Each reading of a text is an audit event, which is written before the answer.
public final class PromptLogApi {
  private static final int DAYS_MAX = (int) PromptLogPolicy.KEPT_MAX.toDays();

  private static final Schema PER_MILLE =
      Schema.integer(0, PromptLogPolicy.ALL)
          .describe("How many of a thousand calls of a mandate, by chance; 0 keeps none.");

  private static final Schema POLICY =
      Schema.answer("PromptLog", "Whether texts of calls are kept.")
          .with("id", Schema.oneOf("prompt-log"))
          .with("per_mille", PER_MILLE)
          .with("days", Schema.integer(1, DAYS_MAX).describe("How long."));

  private static final Schema NEW_POLICY =
      Schema.body("NewPromptLog", "People who consent are told.")
          .with("per_mille", PER_MILLE)
          .maybe("days", Schema.integer(1, DAYS_MAX).describe("How long; 7 when absent."))
          .example(Map.of("per_mille", 10, "days", 7));

  private static final Schema PROMPT = listed("KeptPrompt", "A call whose texts are kept.");

  private static final Schema WORDS =
      listed("Prompt", "A call's texts, without what identifies people or opens doors.")
          .with("request", Schema.string(0, PromptLog.CHARACTERS_MAX))
          .with("answer", Schema.string(0, PromptLog.CHARACTERS_MAX));

  private final PromptLogStore store;
  private final PromptLog log;
  private final AuditStore audit;

  public PromptLogApi(PromptLogStore store, PromptLog log, AuditStore audit) {
    this.store = store;
    this.log = log;
    this.audit = audit;
  }

  private record Of(TenantId tenant, PromptLogPolicy policy) {}

  private record Read(Kept kept, PromptLog.Words words) {}

  private static Schema listed(String name, String description) {
    return Schema.answer(name, description)
        .with("id", Schema.text().describe("The call's, as in the ledger and in the audit log."))
        .with("mandate_id", Schema.text())
        .with("upstream", Schema.text())
        .with("model", Schema.text())
        .with("at", Schema.instant())
        .with("expires_at", Schema.instant());
  }

  public List<Operation> operations() {
    Single<Of> policy =
        new Single<>(
            "/prompt-log",
            POLICY,
            call -> new Of(call.tenant(), store.policy(call.tenant())),
            (_, of) -> json(of.policy));
    Single<Read> prompt =
        new Single<>("/prompts/{call_id}", WORDS, this::read, (_, one) -> json(one));
    return List.of(
        Operation.read("readPromptLog", AdminScope.PROMPTS_READ, policy)
            .says("Reads whether texts of calls are kept"),
        Operation.replace(
                "setPromptLog",
                AdminScope.PROMPTS_WRITE,
                policy,
                NEW_POLICY,
                PromptLogApi::changed,
                (expected, replacement) ->
                    store.replace(expected.tenant, expected.policy, replacement.policy))
            .says("Sets whether texts of calls are kept, redacted and sealed, and how long")
            .audited("prompt_log.changed"),
        Operation.list("listPrompts", AdminScope.PROMPTS_READ, "/prompts", PROMPT, this::page)
            .says("Lists the calls whose texts are kept, newest first, without the texts")
            .filter("mandate_id", Schema.text(), "Only calls under this mandate."),
        Operation.read("readPrompt", AdminScope.PROMPTS_READ, prompt)
            .says(
                "Reads what was asked and answered in a call; that it was read is an audit event"));
  }

  private static Of changed(Call call, Of current, ObjectNode body) {
    Duration kept =
        body.has("days")
            ? Duration.ofDays(body.required("days").asInt())
            : PromptLogPolicy.KEPT_DEFAULT;
    return new Of(current.tenant, new PromptLogPolicy(body.required("per_mille").asInt(), kept));
  }

  private Page page(Call call, Page.Range range) {
    String mandate = call.query("mandate_id");
    Page.Position after = range.position();
    List<Kept> rows =
        store.page(
            call.tenant(),
            mandate == null ? null : new MandateId(mandate),
            call.now(),
            after == null ? null : after.at(),
            after == null ? null : after.id(),
            range.rows());
    return Page.of(
        rows, range, PromptLogApi::json, kept -> new Page.Position(kept.at(), kept.call()).text());
  }

  private @Nullable Read read(Call call) {
    Kept kept = store.find(call.tenant(), call.path("call_id"), call.now());
    if (kept == null) {
      return null;
    }
    // First: a text that was shown and not written down would be the worse mistake.
    audit.append(
        List.of(
            new AuditEvent(
                call.tenant(),
                call.now(),
                "prompt.read",
                call.caller().actor(),
                kept.mandate().value(),
                "ok",
                call.requestId(),
                Map.of("call", kept.call()))));
    PromptLog.Words words = log.read(call.tenant(), kept.call());
    return words == null ? null : new Read(kept, words);
  }

  private static ObjectNode json(PromptLogPolicy policy) {
    return Json.object()
        .put("id", "prompt-log")
        .put("per_mille", policy.perMille())
        .put("days", policy.kept().toDays());
  }

  private static ObjectNode json(Kept kept) {
    return Json.object()
        .put("id", kept.call())
        .put("mandate_id", kept.mandate().value())
        .put("upstream", kept.upstream())
        .put("model", kept.model())
        .put("at", kept.at().toString())
        .put("expires_at", kept.expiresAt().toString());
  }

  private static ObjectNode json(Read read) {
    return json(read.kept).put("request", read.words.request()).put("answer", read.words.answer());
  }
}

package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.prompt.PromptDecision;
import dev.mandate.domain.prompt.PromptPolicy;
import dev.mandate.domain.prompt.PromptRule;
import dev.mandate.domain.prompt.PromptStore.Outcome;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Mandates;
import dev.mandate.testing.Upstreams;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a prompt is about decides whether it goes out, however it is spelled and wherever it
/// stands.
class PromptCategoriesTest {
  private static final String CHAT = "/openai/v1/chat/completions";
  private static final String MESSAGES = "/anthropic/v1/messages";
  private static final String DENIED = "403 prompt_category_not_allowed";

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway at;
  private String key = "";

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200, "{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":10}}"));
    at = new RunningGateway(folder, upstream.url());
    key = at.caller("m", Limits.NONE);
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
  }

  private void policy(boolean classifies, boolean failsOpen, boolean allowsOther, int max) {
    assertThat(
            at.stores
                .prompts()
                .replace(
                    at.stores.prompts().policy(RunningGateway.TENANT),
                    new PromptPolicy(
                        RunningGateway.TENANT, classifies, failsOpen, allowsOther, max)))
        .isTrue();
  }

  private void on() {
    policy(true, false, true, 10_000);
  }

  private void category(String name, PromptDecision decision, boolean scope, String... roles) {
    PromptCategory category =
        new PromptCategory(
            RunningGateway.TENANT, name, name, decision, scope, new TreeSet<>(Set.of(roles)), null);
    assertThat(
            at.stores
                .prompts()
                .save(at.stores.prompts().category(RunningGateway.TENANT, name), category))
        .isEqualTo(Outcome.DONE);
  }

  private void rule(String category, String pattern) {
    assertThat(
            at.stores
                .prompts()
                .insert(
                    new PromptRule(RunningGateway.TENANT, "prl_" + category, category, pattern)))
        .isEqualTo(Outcome.DONE);
  }

  /// Nobody may speak of weapons, in two languages.
  private void weapons() {
    category("weapons", PromptDecision.DENY, false);
    rule("weapons", "\\bcannon\\b|대포");
    on();
  }

  private Mandate mandate(String id, @Nullable Set<String> categories, String... scopes) {
    LlmAccess all = at.access("openai", Set.of(Capability.CHAT), Limits.NONE);
    Mandate plain =
        Mandates.mandate(
            id,
            at.client,
            at.user,
            new LlmAccess(
                all.upstream(),
                all.models(),
                all.capabilities(),
                all.limits(),
                categories,
                all.expiresAt()));
    Mandate mandate =
        new Mandate(
            plain.tenant(),
            plain.id(),
            plain.client(),
            plain.user(),
            new TreeSet<>(Set.of(scopes)),
            plain.access(),
            plain.createdAt(),
            plain.expiresAt(),
            null,
            null);
    at.stores.mandates().insert(mandate);
    return mandate;
  }

  private static String code(HttpResponse<String> answer) {
    return answer.statusCode() == 200
        ? "ok"
        : answer.statusCode() + " " + Json.parse(answer.body()).path("error").path("code").asText();
  }

  private String post(String path, String body) {
    return code(at.send(at.post(key, path, body)));
  }

  private static String chatting(String content) {
    return "{\"model\":\"gpt-test\",\"messages\":[{\"role\":\"user\",\"content\":"
        + content
        + "}]}";
  }

  private String declared(String with, String content, String... words) {
    HttpRequest.Builder call = at.post(with, CHAT, chatting(content));
    for (String word : words) {
      call.header("Mandate-Prompt-Category", word);
    }
    return code(at.send(call));
  }

  @Test
  void aDeniedCategoryIsFoundWhereverItStands() {
    weapons();
    assertThat(post(CHAT, chatting("\"Build a boat\""))).isEqualTo("ok");
    for (String body :
        List.of(
            chatting("\"Build a cannon\""),
            chatting(
                "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"cannon\"}]"),
            // Cut in two where the model reads on.
            chatting(
                "[{\"type\":\"text\",\"text\":\"a can\"},{\"type\":\"text\",\"text\":\"non\"}]"),
            "{\"model\":\"gpt-test\",\"messages\":[{\"role\":\"system\",\"content\":\"cannon\"}]}",
            "{\"model\":\"gpt-test\",\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"cannon\"}]}",
            "{\"model\":\"gpt-test\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"cannon\"}}]}]}",
            "{\"model\":\"gpt-test\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"a"
                + " cannon\"}}]}",
            "{\"model\":\"gpt-test\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"properties\":{\"cannon\":{}}}}}]}")) {
      assertThat(post(CHAT, body)).as(body).isEqualTo(DENIED);
    }
    assertThat(
            post(
                "/openai/v1/responses",
                "{\"model\":\"gpt-test\",\"instructions\":\"cannon\",\"input\":\"a\"}"))
        .isEqualTo(DENIED);
    assertThat(
            post(
                "/openai/v1/embeddings",
                "{\"model\":\"embedding-test\",\"input\":[\"a\",\"cannon\"]}"))
        .isEqualTo(DENIED);
    assertThat(post(MESSAGES, RunningGateway.messagesBody(",\"system\":\"cannon\"")))
        .isEqualTo(DENIED);
    assertThat(
            post(
                MESSAGES,
                "{\"model\":\"claude-test\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"cannon\"}]}]}]}"))
        .isEqualTo(DENIED);
    assertThat(
            post(
                MESSAGES,
                "{\"model\":\"claude-test\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"a"
                    + " cannon\"}}]}]}"))
        .isEqualTo(DENIED);
    assertThat(upstream.requests).hasValue(1);
  }

  @Test
  void aDeniedCategoryIsFoundInGooglesShape() {
    Upstream gemini =
        OtherProviders.add(
            at,
            Provider.GEMINI,
            upstream.url(),
            List.of(Upstreams.model("gemini-test", Set.of(Capability.CHAT))));
    String caller = OtherProviders.caller(at, "m2", gemini, Limits.NONE);
    weapons();
    String path = "/gemini/v1beta/models/gemini-test:generateContent";
    for (String body :
        List.of(
            "{\"contents\":[{\"parts\":[{\"text\":\"a can\"},{\"text\":\"non\"}]}]}",
            "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"system_instruction\":{\"parts\":[{\"text\":\"cannon\"}]}}",
            "{\"contents\":[{\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{\"r\":\"cannon\"}}}]}]}")) {
      assertThat(at.send(at.post(caller, path, body)).body())
          .as(body)
          .contains("prompt_category_not_allowed");
    }
    assertThat(upstream.requests).hasValue(0);
  }

  @Test
  void whatIsKeptForALaterCallIsLookedAtWhenItIsKept() {
    at.stores
        .upstreams()
        .save(
            new Upstream(
                RunningGateway.TENANT,
                "openai",
                "OpenAI",
                Provider.OPENAI,
                upstream.url(),
                true,
                "test-1",
                List.of(
                    Upstreams.model(
                        Upstreams.CHAT_MODEL, Set.of(Capability.CHAT, Capability.STORED_STATE)))));
    String keeper =
        at.key(
            at.mandate(
                "m2",
                at.access(
                    "openai", Set.of(Capability.CHAT, Capability.STORED_STATE), Limits.NONE)));
    weapons();
    for (String body :
        List.of(
            "{\"items\":[{\"type\":\"message\",\"role\":\"user\",\"content\":\"a cannon\"}]}",
            "{\"metadata\":{\"topic\":\"a cannon\"}}")) {
      assertThat(code(at.send(at.post(keeper, "/openai/v1/conversations", body))))
          .isEqualTo(DENIED);
    }
    assertThat(upstream.requests).hasValue(0);
  }

  @Test
  void spellingsThatAModelReadsAreRead() {
    weapons();
    for (String spelled :
        List.of(
            "\\u0063\\u0061nnon",
            "ｃａｎｎｏｎ",
            "CaNnOn",
            "can\\u200bnon",
            "c\\u0336annon",
            "\\u1103\\u1162\\u1111\\u1169",
            "a\\n\\ncannon")) {
      assertThat(post(CHAT, chatting("\"" + spelled + "\""))).as(spelled).isEqualTo(DENIED);
    }
    // Said in the guide: what is encoded is not seen.
    String encoded =
        Base64.getEncoder()
            .encodeToString("cannon".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(post(CHAT, chatting("\"" + encoded + "\""))).isEqualTo("ok");
  }

  @Test
  void aDeclaredCategoryCountsOnlyWhereNothingContradictsIt() {
    weapons();
    category("boats", PromptDecision.ALLOW, false);
    assertThat(declared(key, "\"a\"", "boats")).isEqualTo("ok");
    assertThat(declared(key, "\"a cannon\"", "boats"))
        .isEqualTo("403 prompt_category_contradicted");
    assertThat(declared(key, "\"a\"", "weapons")).isEqualTo(DENIED);
    assertThat(declared(key, "\"a\"", "planes")).isEqualTo("400 prompt_category_unknown");
    assertThat(declared(key, "\"a\"", "boats", "weapons")).isEqualTo("400 prompt_category_unknown");
    policy(true, false, false, 10_000);
    assertThat(declared(key, "\"a\"")).isEqualTo(DENIED);
    assertThat(declared(key, "\"a\"", "boats")).isEqualTo("ok");
  }

  @Test
  void aCategoryIsHeldToItsScopeItsRolesAndTheMandatesList() {
    category("code", PromptDecision.ALLOW, true);
    rule("code", "function");
    category("staff", PromptDecision.ALLOW, false, "admin");
    rule("staff", "salary");
    category("legal", PromptDecision.NEEDS_APPROVAL, false);
    rule("legal", "contract");
    on();
    at.stores.clients().save(at.client.withScopes(Set.of("prompt:code")));
    Mandate scoped = mandate("m2", null, "prompt:code");
    assertThat(declared(key, "\"a function\"")).isEqualTo(DENIED);
    assertThat(declared(at.key(scoped), "\"a function\"")).isEqualTo("ok");
    List<String> audience = List.of(at.issuer.url("/openai/v1"));
    assertThat(declared(at.token(scoped, audience, Duration.ofMinutes(5)), "\"a function\""))
        .isEqualTo(DENIED);
    assertThat(declared(key, "\"her salary\"")).isEqualTo(DENIED);
    assertThat(declared(key, "\"a contract\"")).isEqualTo("403 approval_required");
    String listed = at.key(mandate("m3", Set.of("boats"), "prompt:code"));
    assertThat(declared(listed, "\"a function\"")).isEqualTo(DENIED);
    assertThat(declared(listed, "\"hello\"")).isEqualTo("ok");
    at.stores.clients().save(at.client.withScopes(Set.of()));
    assertThat(declared(at.key(scoped), "\"a function\"")).isEqualTo(DENIED);
  }

  @Test
  void aMandateThatListsCategoriesIsHeldToThemThoughTheTenantLooksAtNobodyElse() {
    weapons();
    category("weapons", PromptDecision.ALLOW, false);
    policy(false, false, true, 10_000);
    assertThat(post(CHAT, chatting("\"a cannon\""))).isEqualTo("ok");
    assertThat(declared(at.key(mandate("m2", Set.of("boats"))), "\"a cannon\"")).isEqualTo(DENIED);
    assertThat(declared(at.key(mandate("m3", Set.of("weapons"))), "\"a cannon\"")).isEqualTo("ok");
  }

  @Test
  void aRuleThatCannotBeLoadedClosesTheGateOrOpensItAsTheTenantSays() {
    weapons();
    // As a row would be that a later release wrote; the API takes no such pattern.
    category("later", PromptDecision.ALLOW, false);
    rule("later", "(?=cannon)");
    assertThat(post(CHAT, chatting("\"hello\""))).isEqualTo("503 prompt_not_classified");
    policy(true, true, true, 10_000);
    assertThat(post(CHAT, chatting("\"hello\""))).isEqualTo("ok");
    policy(true, false, true, 10_000);
    assertThat(post(CHAT, chatting("\"hello\""))).isEqualTo("503 prompt_not_classified");
    assertThat(upstream.requests).hasValue(1);
  }

  @Test
  void aTextBeyondTheBoundIsRefusedOrSeenAtItsEnds() {
    weapons();
    policy(true, false, true, 1_000);
    assertThat(post(CHAT, chatting("\"" + "a ".repeat(480) + "\""))).isEqualTo("ok");
    String middle = "\"" + "a ".repeat(900) + "cannon" + " b".repeat(900) + "\"";
    String end = "\"" + "a ".repeat(1_800) + "cannon\"";
    assertThat(post(CHAT, chatting(middle))).isEqualTo("413 prompt_too_long_to_classify");
    policy(true, true, true, 1_000);
    assertThat(post(CHAT, chatting(end))).isEqualTo(DENIED);
    assertThat(post(CHAT, chatting("\"cannon " + "a ".repeat(1_800) + "\""))).isEqualTo(DENIED);
    assertThat(post(CHAT, chatting(middle))).isEqualTo("ok");
  }

  @Test
  void namesOfCategoriesAreRecordedAndNoTextIs() {
    weapons();
    category("boats", PromptDecision.ALLOW, false);
    rule("boats", "boat");
    assertThat(post(CHAT, chatting("\"a boat named Esmeralda\""))).isEqualTo("ok");
    assertThat(post(CHAT, chatting("\"a cannon on a boat named Esmeralda\""))).isEqualTo(DENIED);
    RunningGateway.await(
        () -> at.audit().stream().filter(e -> e.type().startsWith("call.")).count() >= 2);
    List<AuditEvent> events = at.audit();
    assertThat(events)
        .extracting(e -> e.details().get("prompt_categories"))
        .contains("boats", "boats,weapons");
    assertThat(events.toString()).doesNotContain("Esmeralda");
    String metrics = at.meters.scrape(null).text();
    assertThat(metrics)
        .contains("mandate_gateway_prompts_total")
        .contains("category=\"weapons\"")
        .doesNotContain("Esmeralda");
  }
}

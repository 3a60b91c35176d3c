package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The main job, as a stranger's script does it: ask, approve through plain forms, spend, exceed,
/// revoke.
@On(Shared.SQLITE)
class MainJobTest {
  /// More than the three seconds of the mandate, for a slow machine.
  private static final long ENDS_WITHIN = TimeUnit.SECONDS.toNanos(10);

  private final DemoTenant server = tenant();
  private final App app = App.publicApp(server);
  private final Llm llm = new Llm(server);
  private final Person member = Person.of(server, "member");

  /// Whose main job it is.
  DemoTenant tenant() {
    return Shared.of(this);
  }

  private String details(String upstream, String more) {
    return """
    [{"type":"llm_access","upstream":"%s"%s}]\
    """
        .formatted(upstream, more);
  }

  private App.Tokens give(String details) {
    return member.give(app, app.ask(details));
  }

  @Test
  void anAppAsksAPersonApprovesAndTheCallIsAnswered() {
    App.Ask ask = app.ask(details("openai", ",\"models\":[\"" + llm.openaiModel() + "\"]"));
    Map<String, String> answer = member.approve(ask);
    assertThat(answer).containsEntry("state", ask.state()).containsEntry("iss", server.issuer());
    App.Tokens tokens = app.redeem(answer.getOrDefault("code", ""), ask);
    assertThat(tokens.answer().path("token_type").asText()).isEqualTo("Bearer");
    assertThat(tokens.answer().path("expires_in").asInt()).isBetween(1, 900);
    assertThat(tokens.refresh()).isNotEmpty();
    assertThat(tokens.answer().at("/authorization_details/0/models/0").asText())
        .isEqualTo(llm.openaiModel());

    Http.Answer chat = llm.chat(tokens.bearer(), "Say hello");
    assertThat(chat.status()).isEqualTo(200);
    assertThat(chat.json().at("/choices/0/message/content").asText()).isNotEmpty();
    assertThat(chat.json().at("/usage/total_tokens").asInt()).isPositive();
  }

  @Test
  void bothProvidersAnswerWholeAndStreamed() {
    App.Tokens tokens =
        give(
            """
            [{"type":"llm_access","upstream":"openai"},{"type":"llm_access","upstream":"anthropic"}]\
            """);
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(200);
    List<String> chunks = Llm.lines(llm.chatStream(tokens.bearer(), "hi"));
    assertThat(chunks).contains("data: [DONE]");
    assertThat(String.join("", chunks)).doesNotContain("\"usage\"");

    Http.Answer message = llm.message(tokens.access(), "hi", "");
    assertThat(message.status()).isEqualTo(200);
    assertThat(message.json().at("/usage/output_tokens").asInt()).isPositive();
    assertThat(Llm.lines(llm.messageStream(tokens.access(), "hi")))
        .contains("event: message_start", "event: message_stop");

    Http.Answer count =
        Http.postJson(
            llm.anthropic("/v1/messages/count_tokens"),
            "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
                .formatted(llm.anthropicModel()),
            "x-api-key",
            tokens.access(),
            "anthropic-version",
            "2023-06-01");
    assertThat(count.json().path("input_tokens").asInt()).isPositive();

    Http.Answer embedding =
        Http.postJson(
            llm.openai("/embeddings"),
            "{\"model\":\"%s\",\"input\":\"hello\"}".formatted(llm.embeddingModel()),
            "authorization",
            tokens.bearer());
    assertThat(embedding.json().at("/data/0/embedding").size()).isPositive();

    Http.Answer response =
        Http.postJson(
            llm.openai("/responses"),
            "{\"model\":\"%s\",\"input\":\"hello\"}".formatted(llm.openaiModel()),
            "authorization",
            tokens.bearer());
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.json().path("store").asBoolean(true)).isFalse();
  }

  @Test
  void modelsAreThoseOfTheMandate() {
    App.Tokens tokens = give(details("openai", ",\"models\":[\"" + llm.openaiModel() + "\"]"));
    Http.Answer models = Http.get(llm.openai("/models"), "authorization", tokens.bearer());
    assertThat(models.json().path("data")).hasSize(1);
    assertThat(models.json().at("/data/0/id").asText()).isEqualTo(llm.openaiModel());
    assertThat(Http.get(llm.anthropic("/v1/models"), "x-api-key", tokens.access()).status())
        .isIn(401, 403);
  }

  @Test
  void theRequestLimitHoldsExactlyAndRefusedCallsCostNothing() throws Exception {
    App.Tokens tokens = give(details("openai", ",\"limits\":{\"requests\":5}"));
    List<Integer> statuses = race(20, () -> llm.chat(tokens.bearer(), "hi").status());
    assertThat(statuses).filteredOn(s -> s == 200).hasSize(5);
    assertThat(statuses).filteredOn(s -> s == 429).hasSize(15);
    Http.Answer refused = llm.chat(tokens.bearer(), "hi");
    assertThat(refused.json().at("/error/code").asText()).isEqualTo("budget_exhausted");
    assertThat(refused.json().at("/error/limit").asText()).isEqualTo("requests");
    assertThat(refused.header("x-should-retry")).isEqualTo("false");
    assertThat(spent(tokens).path("requests").asInt()).isEqualTo(5);
  }

  @Test
  void theMoneyLimitHoldsExactlyAtAnyConcurrency() throws Exception {
    App.Tokens tokens = give(details("openai", ",\"limits\":{\"cost_micros\":2000}"));
    List<Integer> statuses =
        race(40, () -> llm.chat(tokens.bearer(), "hi", ",\"max_completion_tokens\":50").status());
    assertThat(statuses).contains(200, 429);
    assertThat(spent(tokens).path("cost_micros").asLong()).isBetween(1L, 2000L);
  }

  @Test
  void theLimitOfOneCallRefusesALargeOneAndCapsAnOpenOne() {
    App.Tokens tokens = give(details("openai", ",\"limits\":{\"tokens_per_request\":200}"));
    Http.Answer tooLarge = llm.chat(tokens.bearer(), "hi", ",\"max_completion_tokens\":5000");
    assertThat(tooLarge.status()).isEqualTo(429);
    assertThat(tooLarge.json().at("/error/limit").asText()).isEqualTo("tokens_per_request");
    Http.Answer open = llm.chat(tokens.bearer(), "hi");
    assertThat(open.status()).isEqualTo(200);
    assertThat(open.json().at("/usage/total_tokens").asInt()).isBetween(1, 200);
  }

  @Test
  void theDayLimitHoldsAndSaysWhenToComeBack() throws Exception {
    App.Tokens tokens = give(details("anthropic", ",\"limits\":{\"tokens_per_day\":600}"));
    List<Integer> statuses = race(20, () -> llm.message(tokens.access(), "hi", "").status());
    assertThat(statuses).contains(200, 429);
    var spent = spent(tokens);
    assertThat(spent.path("input_tokens").asLong() + spent.path("output_tokens").asLong())
        .isBetween(1L, 600L);
    Http.Answer refused = llm.message(tokens.access(), "hi", ",\"temperature\":1");
    if (refused.status() == 429) {
      assertThat(refused.json().path("type").asText()).isEqualTo("error");
      assertThat(Long.parseLong(refused.header("retry-after"))).isBetween(1L, 86_400L);
    }
  }

  @Test
  void whatWasNotGivenIsRefused() {
    App.Tokens tokens =
        give(
            details(
                "openai",
                ",\"models\":[\"" + llm.openaiModel() + "\"],\"capabilities\":[\"chat\"]"));
    Http.Answer model =
        Http.postJson(
            llm.openai("/chat/completions"),
            "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
                .formatted(server.text("/models/openai/1")),
            "authorization",
            tokens.bearer());
    assertThat(model.status()).isEqualTo(403);
    assertThat(model.json().at("/error/code").asText()).isEqualTo("model_not_allowed");

    App.Tokens chatOnly = give(details("openai", ",\"capabilities\":[\"chat\"]"));
    Http.Answer capability =
        Http.postJson(
            llm.openai("/embeddings"),
            "{\"model\":\"%s\",\"input\":\"x\"}".formatted(llm.embeddingModel()),
            "authorization",
            chatOnly.bearer());
    assertThat(capability.status()).isEqualTo(403);
    assertThat(capability.json().at("/error/code").asText()).isEqualTo("capability_not_allowed");

    for (String path :
        List.of("/files", "/assistants", "/fine_tuning/jobs", "/chat/completions/x")) {
      Http.Answer route = Http.postJson(llm.openai(path), "{}", "authorization", tokens.bearer());
      assertThat(route.status()).as(path).isEqualTo(403);
    }
    assertThat(llm.chat(tokens.bearer(), "x", ",\"store\":true").status()).isEqualTo(403);
    assertThat(llm.chat(tokens.bearer(), "x", ",\"made_up\":1").status()).isEqualTo(403);
    assertThat(
            Http.postJson(
                    llm.openai("/responses"),
                    "{\"model\":\"%s\",\"input\":\"x\",\"previous_response_id\":\"resp_1\"}"
                        .formatted(llm.openaiModel()),
                    "authorization",
                    tokens.bearer())
                .status())
        .isEqualTo(403);
    assertThat(spent(tokens).path("requests").asInt()).isZero();
  }

  @Test
  void aMandateThatEndsIsRefused() throws InterruptedException {
    App.Tokens tokens = give(details("openai", ",\"expires_in\":3"));
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(200);
    long deadline = System.nanoTime() + ENDS_WITHIN;
    Http.Answer refused;
    do {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(200);
      refused = llm.chat(tokens.bearer(), "hi");
      // The token ends with the last whole second of its mandate.
    } while (refused.status() == 200
        || refused.json().at("/error/code").asText().equals("invalid_token"));
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.json().at("/error/code").asText()).isEqualTo("mandate_expired");
    assertThat(app.refresh(tokens.refresh()).json().path("error").asText())
        .isEqualTo("invalid_grant");
  }

  @Test
  void revokingCutsAnOpenStreamAndRefusesWhatFollows() throws IOException {
    App.Tokens tokens = give(details("openai", ""));
    var response = llm.chatStream(tokens.bearer(), "hi [[sim chunks=400 chunk_delay=25]]");
    assertThat(response.statusCode()).isEqualTo(200);
    try (BufferedReader reader = Llm.reader(response)) {
      assertThat(reader.readLine()).startsWith("data:");
      assertThat(app.revoke(tokens.access()).status()).isEqualTo(200);
      long revoked = System.nanoTime();
      StringBuilder rest = new StringBuilder();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        rest.append(line).append('\n');
      }
      assertThat(System.nanoTime() - revoked).isLessThan(2_000_000_000L);
      assertThat(rest).contains("mandate_revoked").doesNotContain("[DONE]");
    }
    Http.Answer refused = llm.chat(tokens.bearer(), "hi");
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.json().at("/error/code").asText()).isEqualTo("mandate_revoked");
    assertThat(app.refresh(tokens.refresh()).json().path("error").asText())
        .isEqualTo("invalid_grant");
  }

  @Test
  void onePageOneClickRevokes() {
    App.Tokens tokens = give(details("openai", ""));
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(200);
    String id = mandate(tokens);
    Visitor.Page page = member.open(server.uri("/mandates/" + id));
    Visitor.Form revoke =
        page.forms().stream()
            .filter(
                f -> f.action().getPath().endsWith("/revoke") && f.action().getPath().contains(id))
            .findFirst()
            .orElseThrow();
    assertThat(member.browser().submit(revoke).answer().status()).isEqualTo(200);
    assertThat(llm.chat(tokens.bearer(), "hi").json().at("/error/code").asText())
        .isEqualTo("mandate_revoked");
  }

  @Test
  void theAdminApiRevokesToo() {
    App.Tokens tokens = give(details("anthropic", ""));
    Http.Answer revoked =
        Http.postJson(
            server.uri("/admin/v1/mandates/" + mandate(tokens) + "/revoke"),
            "",
            "authorization",
            "Bearer " + server.text("/admin/api_key"));
    assertThat(revoked.json().path("status").asText()).isEqualTo("revoked");
    assertThat(llm.message(tokens.access(), "hi", "").status()).isEqualTo(401);
  }

  @Test
  void aReplayedCodeIsRefusedAndEndsWhatItGave() {
    App.Ask ask = app.ask(details("openai", ""));
    String code = member.approve(ask).getOrDefault("code", "");
    App.Tokens tokens = app.redeem(code, ask);
    Http.Answer replay =
        Http.postForm(app.endpoint("token_endpoint"), app.codeRequest(code, ask.verifier()));
    assertThat(replay.status()).isEqualTo(400);
    assertThat(replay.json().path("error").asText()).isEqualTo("invalid_grant");
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(401);
  }

  @Test
  void pkceCannotBeDropped() {
    App.Ask ask = app.ask(details("openai", ""));
    Map<String, String> without = new java.util.LinkedHashMap<>(ask.parameters());
    without.remove("code_challenge");
    without.remove("code_challenge_method");
    Map<String, String> refused =
        Person.parameters(member.open(app.asked(ask.verifier(), ask.state(), without).uri()));
    assertThat(refused)
        .containsEntry("error", "invalid_request")
        .containsEntry("iss", server.issuer());

    String code = member.approve(ask).getOrDefault("code", "");
    Http.Answer noVerifier =
        Http.postForm(app.endpoint("token_endpoint"), app.codeRequest(code, null));
    assertThat(noVerifier.json().path("error").asText()).isIn("invalid_grant", "invalid_request");
    Http.Answer wrong =
        Http.postForm(app.endpoint("token_endpoint"), app.codeRequest(code, App.random()));
    assertThat(wrong.json().path("error").asText()).isEqualTo("invalid_grant");
  }

  @Test
  void thePersonNarrowsAndDenies() {
    App.Ask ask =
        app.ask(
            details(
                "openai",
                ",\"models\":[\"%s\",\"%s\"]"
                    .formatted(llm.openaiModel(), server.text("/models/openai/1"))));
    Map<String, String> answer =
        member.approve(
            ask,
            form ->
                form.names().stream()
                    .filter(n -> n.endsWith("models"))
                    .findFirst()
                    .map(n -> form.without(n, server.text("/models/openai/1")))
                    .orElseThrow());
    App.Tokens tokens = app.redeem(answer.getOrDefault("code", ""), ask);
    assertThat(tokens.answer().at("/authorization_details/0/models")).hasSize(1);
    assertThat(member.deny(app.ask(details("openai", ""))))
        .containsEntry("error", "access_denied")
        .containsEntry("iss", server.issuer());
  }

  @Test
  void nobodyGivesAwayMoreThanTheTenantLetsThem() {
    App.Tokens tokens = give(details("openai", ",\"limits\":{\"cost_micros\":999000000000}"));
    assertThat(tokens.answer().at("/authorization_details/0/limits/cost_micros").asLong())
        .isEqualTo(20_000_000);
  }

  @Test
  void aRequestWithoutScopeAndDetailsGetsTheClientsDefault() {
    App.Tokens tokens = member.give(app, app.ask(Map.of()));
    assertThat(tokens.answer().path("authorization_details")).isNotEmpty();
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(200);
  }

  @Test
  void refreshingInParallelKeepsTheFamilyAlive() throws Exception {
    App.Tokens tokens = give(details("openai", ""));
    List<Http.Answer> answers = race(5, () -> app.refresh(tokens.refresh()));
    assertThat(answers).allMatch(a -> a.status() == 200);
    assertThat(answers.stream().map(a -> a.json().path("refresh_token").asText()).distinct())
        .hasSize(1);
    App.Tokens next = App.tokens(answers.getFirst());
    assertThat(App.tokens(app.refresh(next.refresh())).access()).isNotEmpty();
    assertThat(llm.chat(next.bearer(), "hi").status()).isEqualTo(200);
  }

  @Test
  void aServiceSpendsTheTenantsOwnMandate() {
    Http.Answer answer =
        Http.postForm(
            app.endpoint("token_endpoint"),
            Map.of(
                "grant_type",
                "client_credentials",
                "client_id",
                server.text("/clients/service/client_id"),
                "client_secret",
                server.text("/clients/service/client_secret")));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().has("refresh_token")).isFalse();
    assertThat(llm.chat("Bearer " + answer.json().path("access_token").asText(), "hi").status())
        .isEqualTo(200);
  }

  @Test
  void discoveryIsByteExact() {
    for (String document : List.of("oauth-authorization-server", "openid-configuration")) {
      var json = Http.get(server.uri("/.well-known/" + document)).json();
      assertThat(json.path("issuer").asText()).isEqualTo(server.issuer());
      assertThat(json.path("code_challenge_methods_supported").toString()).isEqualTo("[\"S256\"]");
      assertThat(Http.get(URI.create(json.path("jwks_uri").asText())).json().path("keys"))
          .isNotEmpty();
    }
    assertThat(Http.get(server.uri("/healthz")).status()).isEqualTo(200);
    assertThat(Http.get(server.uri("/readyz")).status()).isEqualTo(200);
  }

  private JsonNode spent(App.Tokens tokens) {
    return spent(server, tokens);
  }

  /// What the mandate behind the tokens has spent. The ledger hears of a call a moment after its
  /// answer, so this asks until two answers agree.
  static JsonNode spent(DemoTenant server, App.Tokens tokens) {
    JsonNode last = spentNow(server, tokens);
    for (int i = 0; i < 50; i++) {
      try {
        Thread.sleep(150);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      JsonNode next = spentNow(server, tokens);
      if (next.equals(last)) {
        return next;
      }
      last = next;
    }
    throw new IllegalStateException("the ledger does not come to rest");
  }

  private static JsonNode spentNow(DemoTenant server, App.Tokens tokens) {
    return Http.get(
            server.uri("/admin/v1/mandates/" + mandate(tokens)),
            "authorization",
            "Bearer " + server.text("/admin/api_key"))
        .json()
        .path("spent");
  }

  static String mandate(App.Tokens tokens) {
    String payload =
        new String(
            java.util.Base64.getUrlDecoder().decode(tokens.access().split("\\.", -1)[1]),
            java.nio.charset.StandardCharsets.UTF_8);
    return Http.parse(payload).path("mandate").asText();
  }

  static <T> List<T> race(int count, Callable<T> call) throws Exception {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures =
          IntStream.range(0, count).mapToObj(_ -> executor.submit(call)).toList();
      List<T> results = new java.util.ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    }
  }
}

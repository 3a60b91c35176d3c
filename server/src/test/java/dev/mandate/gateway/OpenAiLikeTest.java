package dev.mandate.gateway;

import static dev.mandate.domain.upstream.Provider.AZURE_OPENAI;
import static dev.mandate.domain.upstream.Provider.MISTRAL;
import static dev.mandate.domain.upstream.Provider.OLLAMA;
import static dev.mandate.domain.upstream.Provider.OPENAI_COMPATIBLE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.Upstreams;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Providers that speak OpenAI's API, each with what differs.
class OpenAiLikeTest {
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}";
  private static final String HELLO =
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";

  @TempDir private static Path folder;
  private static RawUpstream upstream;
  private static RunningGateway at;
  private static final Map<Provider, Upstream> UPSTREAMS = new EnumMap<>(Provider.class);

  private String mandate = "";

  @BeforeAll
  static void start() {
    upstream = new RawUpstream();
    at = new RunningGateway(folder, upstream.url());
    List<Model> models =
        List.of(
            Upstreams.model(Upstreams.CHAT_MODEL, Set.of(Capability.CHAT)),
            Upstreams.model("o3 (ours)", Set.of(Capability.CHAT)),
            tenfoldWhenLong(),
            Upstreams.model(Upstreams.EMBEDDING_MODEL, Set.of(Capability.EMBEDDINGS)));
    for (Provider provider : List.of(AZURE_OPENAI, MISTRAL, OLLAMA, OPENAI_COMPATIBLE)) {
      URI base =
          provider == OPENAI_COMPATIBLE ? URI.create(upstream.url() + "/api/v3") : upstream.url();
      UPSTREAMS.put(provider, OtherProviders.add(at, provider, base, models));
    }
  }

  private static Model tenfoldWhenLong() {
    Model plain = Upstreams.model("long-test", Set.of(Capability.CHAT));
    Price price = plain.price();
    return new Model(
        plain.name(),
        plain.displayName(),
        plain.capabilities(),
        plain.contextTokens(),
        plain.outputTokensMax(),
        plain.imageTokensMax(),
        new Price(
            1_000_000,
            price.cachedInput(),
            1_000_000,
            1_000_000,
            1_000_000,
            new Price.LongContext(7, new Price(10_000_000, 0, 10_000_000, 10_000_000, 10_000_000))),
        plain.releasedAt());
  }

  @AfterAll
  static void stop() throws IOException {
    at.close();
    upstream.close();
  }

  @BeforeEach
  void fresh(TestInfo test) {
    mandate = "m" + test.getTestMethod().orElseThrow().getName() + test.getDisplayName().hashCode();
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{" + USAGE + "}"));
    upstream.drain();
  }

  private static Upstream upstream(Provider provider) {
    return Objects.requireNonNull(UPSTREAMS.get(provider));
  }

  private String caller(Provider provider, Limits limits) {
    return OtherProviders.caller(at, mandate, upstream(provider), limits);
  }

  private HttpResponse<String> post(Provider provider, String path, String body) {
    return post(provider, Limits.NONE, path, body);
  }

  private HttpResponse<String> post(Provider provider, Limits limits, String path, String body) {
    return at.send(at.post(caller(provider, limits), "/" + provider.wire() + path, body));
  }

  private LedgerEntry settled() {
    RunningGateway.await(() -> !at.ledger(mandate).isEmpty());
    return at.ledger(mandate).getFirst();
  }

  private static void streams(String events) {
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(RawUpstream.chunk(events));
          out.write(RawUpstream.lastChunk());
        };
  }

  @Test
  void aCompatibleServerIsCalledBelowItsVersionedBaseUrlAndKeepsNoMemberOfOpenAisOwn()
      throws Exception {
    String body = RunningGateway.chatBody(",\"top_k\":40");
    assertThat(post(OPENAI_COMPATIBLE, "/v1/chat/completions", body).statusCode()).isEqualTo(200);
    RawUpstream.Received received = upstream.next();
    assertThat(received.line()).isEqualTo("POST /api/v3/chat/completions HTTP/1.1");
    assertThat(received.headers()).containsEntry("authorization", "Bearer " + OtherProviders.KEY);
    assertThat(received.body()).isEqualTo(body);
    assertThat(settled().usage()).isEqualTo(Usage.of(7, 3));
  }

  @ParameterizedTest
  @EnumSource(names = {"OLLAMA", "OPENAI_COMPATIBLE"})
  void aCapThatAServerMayNotReadBoundsNothing(Provider provider) throws Exception {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{}"));
    post(
        provider,
        new Limits(null, 4_000L, null, null),
        "/v1/chat/completions",
        RunningGateway.chatBody(",\"max_completion_tokens\":10"));
    String sent = upstream.next().body();
    assertThat(sent).startsWith("{\"max_tokens\":").contains("\"max_completion_tokens\":10");
    assertThat(settled().usage().output()).isGreaterThan(3_000);
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void mistralIsNotAskedForUsageAndItsOwnIsTakenFromTheLastChunkThatSaysSomething()
      throws Exception {
    String end =
        "data: {\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]," + USAGE;
    streams(HELLO + end + "}\n\ndata: [DONE]\n\n");
    String body = RunningGateway.chatBody(",\"stream\":true,\"random_seed\":1");
    HttpResponse<String> answer = post(MISTRAL, "/v1/chat/completions", body);
    assertThat(answer.body()).isEqualTo(HELLO + end + "}\n\ndata: [DONE]\n\n");
    assertThat(upstream.next().body()).isEqualTo(body);
    assertThat(settled().usage()).isEqualTo(Usage.of(7, 3));
    assertThat(settled().estimated()).isFalse();
  }

  @Test
  void mistralsCapGoesWhereMistralReadsIt() throws Exception {
    post(
        MISTRAL,
        new Limits(null, 4_000L, null, null),
        "/v1/chat/completions",
        RunningGateway.chatBody(",\"max_tokens\":null"));
    assertThat(upstream.next().body()).matches(".*\"max_tokens\":3[0-9]{3}}");
  }

  @Test
  void mistralsSafetyPromptIsHeldAsInput() {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{}"));
    post(
        MISTRAL,
        "/v1/chat/completions",
        RunningGateway.chatBody(",\"max_tokens\":5,\"safe_prompt\":true"));
    assertThat(settled().usage().input()).isGreaterThan(1_024);
  }

  @ParameterizedTest
  @ValueSource(strings = {"max_completion_tokens", "stream_options", "store", "best_of"})
  void whatMistralDoesNotKnowIsRefusedHere(String name) {
    HttpResponse<String> answer =
        post(MISTRAL, "/v1/chat/completions", RunningGateway.chatBody(",\"" + name + "\":null"));
    assertThat(RunningGateway.code(answer)).isEqualTo("parameter_not_allowed");
    assertThat(upstream.requests()).isZero();
  }

  @Test
  void aMemberInAnotherCaseIsRefused() {
    HttpResponse<String> answer =
        post(MISTRAL, "/v1/chat/completions", RunningGateway.chatBody(",\"Safe_Prompt\":false"));
    assertThat(RunningGateway.code(answer)).isEqualTo("invalid_request_body");
  }

  @Test
  void aDocumentThatMistralReadsWithAnotherModelIsRefused() {
    HttpResponse<String> answer =
        post(
            MISTRAL,
            "/v1/chat/completions",
            "{\"model\":\"gpt-test\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                + "\"document_url\",\"document_url\":\"https://example.com/a.pdf\"}]}]}");
    assertThat(RunningGateway.code(answer)).isEqualTo("provider_tool_not_allowed");
  }

  @Test
  void anAzureDeploymentIsTheModelAndItsKeyGoesWhereAzureReadsIt() throws Exception {
    String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"store\":false}";
    HttpResponse<String> answer =
        post(
            AZURE_OPENAI,
            "/openai/deployments/o3%20(ours)/chat/completions?api-version=2024-10-21",
            body);
    assertThat(answer.statusCode()).isEqualTo(200);
    RawUpstream.Received received = upstream.next();
    assertThat(received.line())
        .isEqualTo(
            "POST /openai/deployments/o3%20%28ours%29/chat/completions?api-version=2024-10-21"
                + " HTTP/1.1");
    assertThat(received.headers())
        .containsEntry("api-key", OtherProviders.KEY)
        .doesNotContainKey("authorization");
    assertThat(received.body()).isEqualTo(body);
    assertThat(settled().call().model()).isEqualTo("o3 (ours)");
  }

  @Test
  void anAzureCallerMayPutItsTokenWhereItPutsAKey() {
    HttpResponse<String> answer =
        at.send(
            at.request("/azure_openai/openai/v1/chat/completions")
                .header("api-key", caller(AZURE_OPENAI, Limits.NONE))
                .header("content-type", "application/json")
                .POST(
                    java.net.http.HttpRequest.BodyPublishers.ofString(
                        RunningGateway.chatBody(""))));
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  @Test
  void aBodyThatNamesAnotherModelThanThePathIsRefused() {
    HttpResponse<String> answer =
        post(
            AZURE_OPENAI,
            "/openai/deployments/gpt-test/chat/completions?api-version=2024-10-21",
            "{\"model\":\"o3 (ours)\",\"messages\":[]}");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(RunningGateway.code(answer)).isEqualTo("invalid_request_body");
  }

  @Test
  void anEmptyBodyIsRefusedEvenWhereThePathNamesTheModel() {
    HttpResponse<String> answer =
        post(
            AZURE_OPENAI,
            "/openai/deployments/gpt-test/chat/completions?api-version=2024-10-21",
            "{}");
    assertThat(RunningGateway.code(answer)).isEqualTo("invalid_request_body");
    assertThat(upstream.requests()).isZero();
  }

  @Test
  void aDeploymentThatTheMandateDoesNotGiveIsRefused() {
    HttpResponse<String> answer =
        post(
            AZURE_OPENAI,
            "/openai/deployments/gpt-other/chat/completions?api-version=2024-10-21",
            "{\"messages\":[]}");
    assertThat(RunningGateway.code(answer)).isEqualTo("model_not_allowed");
  }

  @ParameterizedTest
  @CsvSource({
    "AZURE_OPENAI,/openai/deployments/gpt-test/chat/completions?api-version=2024-10-21&x=1,parameter_not_allowed",
    "AZURE_OPENAI,/openai/deployments/gpt-test/chat/completions?api-version=1&api-version=2,parameter_not_allowed",
    "AZURE_OPENAI,/openai/deployments/gpt-test/chat/completions?api-version=2024-10-21&api-version=2024-10-21,parameter_not_allowed",
    "AZURE_OPENAI,/openai/deployments/gpt-test/extensions/chat/completions,route_not_allowed",
    "AZURE_OPENAI,/openai/files,route_not_allowed",
    "AZURE_OPENAI,/v1/chat/completions,route_not_allowed",
    "MISTRAL,/v1/responses,route_not_allowed",
    "MISTRAL,/v1/agents/completions,route_not_allowed",
    "MISTRAL,/v1/chat/completions?api-version=2024-10-21,parameter_not_allowed",
    "OLLAMA,/api/pull,route_not_allowed",
    "OPENAI_COMPATIBLE,/v1/completions,route_not_allowed",
    "OPENAI_COMPATIBLE,/chat/completions,route_not_allowed",
  })
  void whatIsNotServedIsRefused(Provider provider, String path, String code) {
    assertThat(RunningGateway.code(post(provider, path, RunningGateway.chatBody(""))))
        .isEqualTo(code);
    assertThat(upstream.requests()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"AZURE_OPENAI", "MISTRAL", "OLLAMA", "OPENAI_COMPATIBLE"})
  void aRejectedCredentialArrivesWithoutTheBodyThatMayQuoteIt(Provider provider) {
    upstream.script =
        (_, out) ->
            out.write(RawUpstream.json(403, "{\"error\":\"no: " + OtherProviders.KEY + "\"}"));
    String path = provider == AZURE_OPENAI ? "/openai/v1/chat/completions" : "/v1/chat/completions";
    HttpResponse<String> answer = post(provider, path, RunningGateway.chatBody(""));
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).doesNotContain("canary");
    // The old one is out of use.
    at.credential(provider.wire(), OtherProviders.KEY);
  }

  @Test
  void azuresModelsAreListedOnBothItsPaths() {
    String key = caller(AZURE_OPENAI, Limits.NONE);
    for (String path : List.of("/openai/models?api-version=2024-10-21", "/openai/v1/models")) {
      HttpResponse<String> answer =
          at.send(at.request("/azure_openai" + path).header("api-key", key).GET());
      assertThat(answer.body()).contains("\"gpt-test\"", "\"o3 (ours)\"");
    }
  }

  @Test
  void aCallIsHeldAtThePriceOfALongInputAndChargedAtThatOfTheInputItHad() {
    String body = RunningGateway.chatBody(",\"max_tokens\":10").replace("gpt-test", "long-test");
    post(OPENAI_COMPATIBLE, "/v1/chat/completions", body);
    assertThat(settled().costMicros()).as("seven tokens are not above seven").isEqualTo(10);
    mandate += "2";
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{}"));
    post(OPENAI_COMPATIBLE, "/v1/chat/completions", body);
    assertThat(settled().costMicros()).isEqualTo(10 * settled().usage().total());
    HttpResponse<String> poor =
        at.send(
            at.post(
                OtherProviders.caller(
                    at,
                    mandate + "3",
                    upstream(OPENAI_COMPATIBLE),
                    new Limits(null, null, null, 200L)),
                "/openai_compatible/v1/chat/completions",
                body));
    assertThat(RunningGateway.code(poor)).isEqualTo("budget_exhausted");
  }
}

package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Upstreams;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Google's Gemini API through the gateway, byte by byte.
class GeminiTest {
  private static final String MODELS = "/gemini/v1beta/models/";
  private static final String GENERATE = MODELS + "gemini-test:generateContent";
  private static final String STREAM = MODELS + "gemini-test:streamGenerateContent";
  private static final String CONTENTS =
      "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Hi\"}]}]";

  @TempDir private static Path folder;
  private static RawUpstream upstream;
  private static RunningGateway at;
  private static Upstream gemini;

  private String mandate = "";

  @BeforeAll
  static void start() {
    upstream = new RawUpstream();
    at = new RunningGateway(folder, upstream.url());
    gemini =
        OtherProviders.add(
            at,
            Provider.GEMINI,
            upstream.url(),
            List.of(
                Upstreams.model("gemini-test", Set.of(Capability.CHAT)),
                Upstreams.model("gemini-other", Set.of(Capability.CHAT)),
                Upstreams.model("vectors-test", Set.of(Capability.EMBEDDINGS))));
  }

  @AfterAll
  static void stop() throws IOException {
    at.close();
    upstream.close();
  }

  @BeforeEach
  void fresh(TestInfo test) {
    mandate = "m" + test.getTestMethod().orElseThrow().getName() + test.getDisplayName().hashCode();
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, answer("STOP", 3, 0)));
    upstream.drain();
  }

  private static String answer(String why, int candidates, int thoughts) {
    return "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hello\"}]}"
        + (why.isEmpty() ? "" : ",\"finishReason\":\"" + why + "\"")
        + "}],\"usageMetadata\":{\"promptTokenCount\":9,\"cachedContentTokenCount\":2"
        + (candidates == 0 ? "" : ",\"candidatesTokenCount\":" + candidates)
        + (thoughts == 0 ? "" : ",\"thoughtsTokenCount\":" + thoughts)
        + ",\"totalTokenCount\":"
        + (9 + candidates + thoughts)
        + ",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":9}]}}";
  }

  private String caller(Limits limits) {
    return OtherProviders.caller(at, mandate, gemini, limits);
  }

  private HttpResponse<String> post(String path, String body) {
    return at.send(at.post(caller(Limits.NONE), path, body));
  }

  private LedgerEntry settled() {
    RunningGateway.await(() -> !at.ledger(mandate).isEmpty());
    return at.ledger(mandate).getFirst();
  }

  private static String reason(HttpResponse<String> response) {
    return Json.parse(response.body())
        .path("error")
        .path("details")
        .path(0)
        .path("reason")
        .asText(response.body());
  }

  private static void events(String... chunks) {
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          for (String chunk : chunks) {
            out.write(RawUpstream.chunk(chunk));
            out.flush();
          }
          out.write(RawUpstream.lastChunk());
        };
  }

  @Test
  void aWholeAnswerPassesByteForByteWithOurKeyAndItsThoughtsAreCharged() throws Exception {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, answer("STOP", 3, 20)));
    String body = CONTENTS + "}";
    assertThat(post(GENERATE, body).body()).isEqualTo(answer("STOP", 3, 20));
    RawUpstream.Received received = upstream.next();
    assertThat(received.line())
        .isEqualTo("POST /v1beta/models/gemini-test:generateContent HTTP/1.1");
    assertThat(received.headers())
        .containsEntry("x-goog-api-key", OtherProviders.KEY)
        .doesNotContainKey("authorization");
    assertThat(received.body()).isEqualTo(body);
    assertThat(settled().usage()).isEqualTo(new Usage(7, 2, 0, 0, 23));
    assertThat(settled().estimated()).isFalse();
    assertThat(settled().call().model()).isEqualTo("gemini-test");
  }

  @Test
  void anAnswerThatOnlyThoughtIsChargedForItsThoughts() {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, answer("MAX_TOKENS", 0, 30)));
    post(GENERATE, CONTENTS + "}");
    assertThat(settled().usage()).isEqualTo(new Usage(7, 2, 0, 0, 30));
  }

  @Test
  void aStreamOfEventsIsChargedAtItsLastUsageNotAtItsFirst() {
    String all =
        "data: " + answer("", 1, 20) + "\r\n\r\ndata: " + answer("STOP", 7, 20) + "\r\n\r\n";
    events(all.substring(0, 100), all.substring(100));
    assertThat(post(STREAM + "?alt=sse", CONTENTS + "}").body()).isEqualTo(all);
    assertThat(settled().usage()).isEqualTo(new Usage(7, 2, 0, 0, 27));
    assertThat(settled().estimated()).isFalse();
  }

  @Test
  void reasonsInEveryEventEndNothingBeforeTheStream() {
    events("data: " + answer("STOP", 1, 0) + "\n\n", "data: " + answer("STOP", 5, 0) + "\n\n");
    post(STREAM + "?alt=sse", CONTENTS + "}");
    assertThat(settled().usage().output()).isEqualTo(5);
  }

  @Test
  void aStreamAsOneArrayIsChargedAtItsLastUsage() {
    String all = "[" + answer("", 1, 20) + ",\r\n" + answer("STOP", 7, 20) + "\n]";
    upstream.script =
        (_, out) -> {
          out.write(
              "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
                  .getBytes(StandardCharsets.UTF_8));
          for (int i = 0; i < all.length(); i += 13) {
            out.write(RawUpstream.chunk(all.substring(i, Math.min(all.length(), i + 13))));
            out.flush();
          }
          out.write(RawUpstream.lastChunk());
        };
    assertThat(post(STREAM, CONTENTS + "}").body()).isEqualTo(all);
    assertThat(settled().usage()).isEqualTo(new Usage(7, 2, 0, 0, 27));
    assertThat(settled().estimated()).isFalse();
  }

  @Test
  void anArrayThatBreaksOffIsChargedAtTheReserve() {
    upstream.script =
        (_, out) -> {
          out.write(
              "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
                  .getBytes(StandardCharsets.UTF_8));
          out.write(RawUpstream.chunk("[" + answer("", 1, 0)));
          out.flush();
          throw new IOException("gone");
        };
    try {
      post(STREAM, CONTENTS + ",\"generationConfig\":{\"maxOutputTokens\":50}}");
    } catch (java.io.UncheckedIOException e) {
      // Half an array: the connection breaks off.
    }
    assertThat(settled().usage()).isEqualTo(new Usage(7, 2, 0, 0, 50));
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void aStreamThatDropsBeforeItSaidWhyIsChargedAtTheReserveAndEndsWithGooglesError() {
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(RawUpstream.chunk("data: " + answer("", 1, 0) + "\n\n"));
          out.flush();
          throw new IOException("gone");
        };
    HttpResponse<String> response =
        post(STREAM + "?alt=sse", CONTENTS + ",\"generationConfig\":{\"maxOutputTokens\":50}}");
    assertThat(response.body()).contains("\"status\":\"UNAVAILABLE\"").endsWith("\r\n\r\n");
    assertThat(settled().usage()).isEqualTo(new Usage(7, 2, 0, 0, 50));
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void aStreamThatEndsWithoutSayingWhyIsAnEstimate() {
    events("data: " + answer("", 1, 0) + "\n\n");
    post(STREAM + "?alt=sse", CONTENTS + ",\"generationConfig\":{\"maxOutputTokens\":50}}");
    assertThat(settled().usage().output()).isEqualTo(50);
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void usageThatIsMissingSettlesAtTheReserveTimesTheCandidates() {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{\"candidates\":[]}"));
    post(
        GENERATE,
        CONTENTS + ",\"generation_config\":{\"max_output_tokens\":10,\"candidate_count\":4}}");
    assertThat(settled().usage().output()).isEqualTo(40);
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void aCallerThatHangsUpIsChargedAtTheReserve() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(RawUpstream.chunk("data: " + answer("", 1, 0) + "\n\n"));
          out.flush();
          hold.await();
        };
    String body = CONTENTS + ",\"generationConfig\":{\"maxOutputTokens\":50}}";
    HttpResponse<InputStream> response =
        at.http
            .sendAsync(
                at.post(caller(Limits.NONE), STREAM + "?alt=sse", body).build(),
                HttpResponse.BodyHandlers.ofInputStream())
            .join();
    response.body().readNBytes(10);
    response.body().close();
    assertThat(settled().usage().output()).isEqualTo(50);
    assertThat(settled().outcome()).isEqualTo("hung_up");
    hold.countDown();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "}",
        ",\"generationConfig\":null}",
        ",\"generationConfig\":{}}",
        ",\"generationConfig\":{\"temperature\":0}}",
        ",\"generationConfig\":{\"maxOutputTokens\":null}}",
        ",\"generation_config\":{\"max_output_tokens\":null,\"topK\":4}}"
      })
  void theCapIsInjectedWhereGoogleReadsItOnlyWhereTheModelsOwnDoesNotFit(String rest)
      throws Exception {
    at.send(at.post(caller(new Limits(null, 4_000L, null, null)), GENERATE, CONTENTS + rest));
    var sent = Json.parse(upstream.next().body());
    var config =
        sent.path("generationConfig").isObject()
            ? sent.path("generationConfig")
            : sent.path("generation_config");
    long cap = config.path("maxOutputTokens").asLong(config.path("max_output_tokens").asLong());
    assertThat(cap).isBetween(3_900L, 4_000L);
    mandate += "2";
    at.send(at.post(caller(Limits.NONE), GENERATE, CONTENTS + rest));
    assertThat(upstream.next().body()).isEqualTo(CONTENTS + rest);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"generationConfig\":{\"maxOutputTokens\":5,\"max_output_tokens\":50000}}",
        ",\"generationConfig\":{\"maxOutputTokens\":5},\"generation_config\":{}}",
        ",\"generationConfig\":{\"candidateCount\":1,\"candidateCount\":8}}",
        ",\"generationConfig\":{\"MaxOutputTokens\":5}}",
        ",\"generationConfig\":{\"maxOutputTokens\":\"5\"}}",
        ",\"generationConfig\":{\"candidateCount\":9}}",
        ",\"generationConfig\":{\"candidateCount\":2.0}}",
        ",\"CachedContent\":\"cachedContents/x\"}",
        ",\"model\":\"models/gemini-other\"}",
        ",\"systemInstruction\":{\"parts\":[{\"text\":\"a\",\"TEXT\":\"b\"}]}}"
      })
  void aBodyThatTwoParsersCouldReadDifferentlyIsRefused(String rest) {
    HttpResponse<String> response = post(GENERATE, CONTENTS + rest);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(reason(response)).isEqualTo("invalid_request_body");
    assertThat(upstream.requests()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        ",\"cachedContent\":\"cachedContents/x\"}|stored_state_not_allowed",
        ",\"cached_content\":\"cachedContents/x\"}|stored_state_not_allowed",
        ",\"store\":true}|stored_state_not_allowed",
        ",\"serviceTier\":\"priority\"}|parameter_not_allowed",
        ",\"tools\":[{\"googleSearch\":{}}]}|provider_tool_not_allowed",
        ",\"tools\":[{\"google_search\":{}}]}|provider_tool_not_allowed",
        ",\"tools\":[{\"functionDeclarations\":[]},{\"codeExecution\":{}}]}|provider_tool_not_allowed",
        ",\"tools\":[{\"url_context\":{}}]}|provider_tool_not_allowed",
        ",\"tools\":[{\"newTool\":{}}]}|parameter_not_allowed",
        ",\"generationConfig\":{\"responseModalities\":[\"TEXT\",\"IMAGE\"]}}|parameter_not_allowed",
        ",\"generationConfig\":{\"speechConfig\":{}}}|parameter_not_allowed",
        ",\"toolConfig\":{\"includeServerSideToolInvocations\":true}}|parameter_not_allowed",
        ",\"systemInstruction\":{\"parts\":[{\"fileData\":{\"fileUri\":\"https://generativelanguage.googleapis.com/v1beta/files/x\"}}]}}|stored_state_not_allowed",
        ",\"systemInstruction\":{\"parts\":[{\"file_data\":{\"file_uri\":\"gs://bucket/x\"}}]}}|stored_state_not_allowed",
        ",\"systemInstruction\":{\"parts\":[{\"codeExecutionResult\":{}}]}}|provider_tool_not_allowed",
        ",\"safetysettings\":[]}|invalid_request_body",
        ",\"unknown\":1}|parameter_not_allowed"
      })
  void whatReachesStateOrRunsAtGoogleIsRefused(String rest, String code) {
    HttpResponse<String> response = post(GENERATE, CONTENTS + rest);
    assertThat(reason(response)).isEqualTo(code);
    assertThat(upstream.requests()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "/gemini/v1beta/models/gemini-test:batchGenerateContent,route_not_allowed",
    "/gemini/v1beta/tunedModels/x:generateContent,route_not_allowed",
    "/gemini/v1beta/cachedContents,route_not_allowed",
    "/gemini/v1alpha/models/gemini-test:generateContent,route_not_allowed",
    "/gemini/upload/v1beta/files,route_not_allowed",
    "/gemini/v1beta/models/gemini-test:streamGenerateContent?alt=sse&alt=json,parameter_not_allowed",
    "/gemini/v1beta/models/gemini-test:streamGenerateContent?$alt=proto,parameter_not_allowed",
    "/gemini/v1beta/models/gemini-test:generateContent?alt=sse,parameter_not_allowed",
    "/gemini/v1beta/models/gemini-unknown:generateContent,model_not_allowed",
    "/gemini/v1beta/models/vectors-test:generateContent,model_not_capable"
  })
  void whatIsNotServedIsRefused(String path, String code) {
    assertThat(reason(post(path, CONTENTS + "}"))).isEqualTo(code);
    assertThat(upstream.requests()).isZero();
  }

  @Test
  void aKeyInTheUrlIsRefusedAsLeaked() {
    HttpResponse<String> response = post(GENERATE + "?key=abc", CONTENTS + "}");
    assertThat(reason(response)).isEqualTo("credential_in_url");
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void aRejectedCredentialArrivesWithoutTheBodyThatMayQuoteIt(int status) {
    upstream.script =
        (_, out) -> out.write(RawUpstream.json(status, "{\"e\":\"" + OtherProviders.KEY + "\"}"));
    HttpResponse<String> response = post(GENERATE, CONTENTS + "}");
    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(reason(response)).isEqualTo("upstream_credential_rejected");
    assertThat(response.body()).doesNotContain("canary");
    // The old one is out of use.
    at.credential("gemini", OtherProviders.KEY);
  }

  @Test
  void aKeyThatGoogleDoesNotKnowIsTestedAndTakenOutOfUse() {
    String bad = "{\"error\":{\"code\":400,\"message\":\"API key not valid.\"}}";
    upstream.script = (_, out) -> out.write(RawUpstream.json(400, bad));
    HttpResponse<String> response = post(GENERATE, CONTENTS + "}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo(bad);
    assertThat(settled().usage()).isEqualTo(Usage.NONE);
    RunningGateway.await(() -> upstream.requests() == 2);
    mandate += "2";
    String key = caller(Limits.NONE);
    RunningGateway.await(
        () ->
            reason(at.send(at.post(key, GENERATE, CONTENTS + "}")))
                .equals("upstream_credential_rejected"));
    at.credential("gemini", OtherProviders.KEY);
  }

  @Test
  void imagesAreHeldAsImagesAndOtherMediaAsTheWholeContext() {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{}"));
    String media =
        ",\"systemInstruction\":{\"parts\":[{\"inlineData\":{\"data\":\"AAAA\",\"mimeType\":\"%s\"}}]},"
            + "\"generationConfig\":{\"maxOutputTokens\":1}}";
    post(GENERATE, CONTENTS + media.formatted("image/png"));
    assertThat(settled().usage().input()).isBetween(2_000L, 2_200L);
    mandate += "2";
    post(GENERATE, CONTENTS + media.formatted("audio/wav"));
    assertThat(settled().usage().input()).isEqualTo(128_000);
  }

  @Test
  void countingTokensIsFreeButARequest() {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{\"totalTokens\":5}"));
    post(MODELS + "gemini-test:countTokens", CONTENTS + "}");
    assertThat(settled().usage()).isEqualTo(Usage.NONE);
    assertThat(settled().costMicros()).isZero();
  }

  @Test
  void embeddingsAreChargedByTheirUsageOrTheirBytes() {
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200, "{\"embeddings\":[],\"usageMetadata\":{\"promptTokenCount\":4}}"));
    String batch =
        "{\"requests\":[{\"model\":\"models/vectors-test\",\"content\":{\"parts\":[{\"text\":"
            + "\"abcdefgh\"}]}},{\"content\":{\"parts\":[{\"text\":\"x\"}]}}]}";
    post(MODELS + "vectors-test:batchEmbedContents", batch);
    assertThat(settled().usage()).isEqualTo(Usage.of(4, 0));
    mandate += "2";
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{\"embedding\":{}}"));
    post(MODELS + "vectors-test:embedContent", "{\"content\":{\"parts\":[{\"text\":\"abcd\"}]}}");
    assertThat(settled().estimated()).isTrue();
    assertThat(settled().usage().input()).isBetween(4L, 100L);
  }

  @Test
  void aBatchThatEmbedsWithAnotherModelThanItsPathNamesIsRefused() {
    HttpResponse<String> response =
        post(
            MODELS + "vectors-test:batchEmbedContents",
            "{\"requests\":[{\"model\":\"models/gemini-test\",\"content\":{\"parts\":[]}}]}");
    assertThat(reason(response)).isEqualTo("invalid_request_body");
  }

  @Test
  void modelsAreListedInGooglesShapePageByPage() {
    String key = caller(Limits.NONE);
    HttpResponse<String> first =
        at.send(at.request("/gemini/v1beta/models?pageSize=2").header("x-goog-api-key", key).GET());
    assertThat(Json.parse(first.body()).path("models").path(0).path("name").asText())
        .isEqualTo("models/gemini-other");
    String token = Json.parse(first.body()).path("nextPageToken").asText();
    HttpResponse<String> second =
        at.send(
            at.request("/gemini/v1beta/models?pageToken=" + token)
                .header("x-goog-api-key", key)
                .GET());
    assertThat(second.body()).contains("models/vectors-test").doesNotContain("nextPageToken");
    HttpResponse<String> one =
        at.send(at.request(MODELS + "gemini-test").header("x-goog-api-key", key).GET());
    assertThat(one.body()).contains("\"supportedGenerationMethods\":[\"generateContent\"");
  }
}

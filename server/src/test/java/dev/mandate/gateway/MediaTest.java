package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.audio.speech.SpeechCreateParams;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams;
import com.openai.models.audio.translations.TranslationCreateParams;
import com.openai.models.images.ImageEditParams;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.images.ImagesResponse;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Images and sound: OpenAI's Java SDK with nothing changed but base URL and key, what the ledger
/// says of each kind of price, and forms that mean to be read in two ways.
class MediaTest {
  private static final String MANDATE = "media";
  private static final Set<Capability> ALL =
      Set.of(Capability.IMAGES, Capability.SPEECH, Capability.TRANSCRIPTION);
  private static final String BOUNDARY = "----media7f3a";

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static SimulatedProvider simulator;
  private static RunningGateway at;
  private static Upstream upstream;
  private static String key;
  private static OpenAIClient client;
  private static OpenAIClient azure;
  private static Path sound;

  private int before;

  @BeforeAll
  static void start() throws IOException {
    vertx = Vertx.vertx();
    Secret secret = Secret.of(OtherProviders.KEY);
    simulator =
        SimulatedProvider.start(vertx, SimulatorConfig.loopback(0, secret, Secret.of("unused")));
    at = new RunningGateway(folder, URI.create(simulator.baseUrl()));
    upstream =
        OtherProviders.add(
            at,
            Provider.OPENAI_COMPATIBLE,
            URI.create(simulator.baseUrl() + "/v1"),
            List.of(
                model("gpt-image-2", 32_000, 6_240, Capability.IMAGES, price(5, 8, 30), null),
                model(
                    "tts-1",
                    1,
                    0,
                    Capability.SPEECH,
                    price(0, 0, 0),
                    new Price.PerUnit(Price.Unit.CHARACTER, 15_000_000, 4_096)),
                model("gpt-4o-mini-tts", 2_000, 16_000, Capability.SPEECH, price(1, 1, 12), null),
                model(
                    "whisper-1",
                    1,
                    0,
                    Capability.TRANSCRIPTION,
                    price(0, 0, 0),
                    new Price.PerUnit(Price.Unit.SECOND, 100_000_000, 7_200)),
                model(
                    "gpt-4o-transcribe",
                    16_000,
                    2_000,
                    Capability.TRANSCRIPTION,
                    price(2, 2, 10),
                    null)));
    Upstream deployments =
        OtherProviders.add(
            at, Provider.AZURE_OPENAI, URI.create(simulator.baseUrl()), upstream.models());
    key =
        at.key(
            at.mandate(
                MANDATE,
                at.access(upstream.name(), ALL, Limits.NONE),
                at.access(deployments.name(), ALL, Limits.NONE)));
    client = client("/openai_compatible/v1");
    azure = client("/azure_openai/openai/v1");
    sound = Files.write(folder.resolve("said.mp3"), mp3(2_500));
  }

  private static OpenAIClient client(String path) {
    return OpenAIOkHttpClient.builder().apiKey(key).baseUrl(at.url(path)).maxRetries(0).build();
  }

  private static Price price(long input, long media, long output) {
    return new Price(input * 1_000_000, input * 1_000_000, 0, 0, output * 1_000_000)
        .with(media * 1_000_000, null);
  }

  private static Model model(
      String name,
      long context,
      long output,
      Capability capability,
      Price price,
      Price.@Nullable PerUnit perUnit) {
    return new Model(
        name,
        name,
        Set.of(capability),
        context,
        output,
        2_000,
        price.with(price.mediaInput(), perUnit),
        Instant.parse("2026-01-01T00:00:00Z"));
  }

  private static byte[] mp3(int length) {
    byte[] bytes = new byte[length];
    bytes[0] = 'I';
    bytes[1] = 'D';
    bytes[2] = '3';
    bytes[9] = '\r';
    bytes[10] = '\n';
    return bytes;
  }

  @AfterAll
  static void stop() {
    client.close();
    azure.close();
    at.close();
    simulator.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /// The ledger lists by time.
  @BeforeEach
  void later() {
    at.clock.advance(Duration.ofSeconds(1));
    before = at.ledger(MANDATE).size();
  }

  private LedgerEntry charged() {
    RunningGateway.await(() -> at.ledger(MANDATE).size() > before);
    return at.ledger(MANDATE).getFirst();
  }

  private static JsonNode simulated(String what) {
    return Json.parse(
        at.send(HttpRequest.newBuilder(URI.create(simulator.baseUrl() + "/sim/" + what))).body());
  }

  private static long simulatedMicros() {
    return simulated("stats").path("keys").path("openai").path("cost_nanos").asLong() / 1_000;
  }

  @Test
  void imagesAreGeneratedAndChargedByTheirTokens() {
    long paid = simulatedMicros();
    ImagesResponse images =
        client
            .images()
            .generate(
                ImageGenerateParams.builder()
                    .model("gpt-image-2")
                    .prompt("A lighthouse")
                    .quality(ImageGenerateParams.Quality.LOW)
                    .n(2)
                    .build());
    assertThat(images.data().orElseThrow()).hasSize(2);
    LedgerEntry entry = charged();
    assertThat(entry.usage()).isEqualTo(new Usage(3, 0, 0, 0, 544, 0, 0));
    assertThat(entry.costMicros()).isEqualTo(simulatedMicros() - paid);
    assertThat(entry.estimated()).isFalse();
  }

  @Test
  void anEditSendsItsFilesUnchangedAndTheirTokensHaveTheirPrice() throws IOException {
    Path picture = Files.write(folder.resolve("a.png"), new byte[] {'\r', '\n', '-', '-', 'x', 0});
    client
        .images()
        .edit(
            ImageEditParams.builder()
                .model("gpt-image-2")
                .prompt("Add a boat")
                .image(picture)
                .mask(picture)
                .quality(ImageEditParams.Quality.LOW)
                .build());
    assertThat(charged().usage()).isEqualTo(new Usage(3, 0, 0, 0, 272, 388, 0));
    assertThat(charged().costMicros()).isEqualTo(3 * 5 + 388 * 8 + 272 * 30);
    assertThat(simulated("last").path("body").asText()).contains("\r\n\r\n\r\n--x\0\r\n--");
  }

  @Test
  void aStreamOfImagesIsChargedAsItsLastEventSays() {
    int[] events = {0, 0};
    try (var stream =
        client
            .images()
            .generateStreaming(
                ImageGenerateParams.builder()
                    .model("gpt-image-2")
                    .prompt("A lighthouse")
                    .partialImages(2)
                    .quality(ImageGenerateParams.Quality.MEDIUM)
                    .build())) {
      stream.stream().forEach(event -> events[event.isGenerationCompleted() ? 1 : 0]++);
    }
    assertThat(events).containsExactly(2, 1);
    assertThat(charged().usage()).isEqualTo(Usage.of(3, 1_256));
    assertThat(charged().estimated()).isFalse();
  }

  @Test
  void speechIsChargedByTheCharacterWithoutAWordOfTheProviders() throws IOException {
    SpeechCreateParams params =
        SpeechCreateParams.builder().model("tts-1").voice("alloy").input("Hello, world").build();
    try (var answer = client.audio().speech().create(params);
        InputStream bytes = answer.body()) {
      assertThat(new String(bytes.readAllBytes(), StandardCharsets.UTF_8)).startsWith("ID3");
    }
    assertThat(charged().usage()).isEqualTo(Usage.NONE.withUnits(12));
    assertThat(charged().costMicros()).isEqualTo(12 * 15);
    assertThat(charged().estimated()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"sse, false, 9", "audio, true, 16000"})
  void speechByTokensIsExactOnlyWhereTheAnswerSaysThem(
      String format, boolean estimated, long output) {
    HttpResponse<String> answer =
        json(
            "/v1/audio/speech",
            "{\"model\":\"gpt-4o-mini-tts\",\"voice\":\"alloy\",\"input\":\"Hello, world\","
                + "\"stream_format\":\""
                + format
                + "\"}");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(charged().estimated()).isEqualTo(estimated);
    assertThat(charged().usage().output()).isEqualTo(output);
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "verbose_json"})
  void aTranscriptIsChargedByTheSecondsThatTheProviderHeard(String format) {
    client
        .audio()
        .transcriptions()
        .create(
            TranscriptionCreateParams.builder()
                .model("whisper-1")
                .file(sound)
                .responseFormat(com.openai.models.audio.AudioResponseFormat.of(format))
                .addTimestampGranularity(TranscriptionCreateParams.TimestampGranularity.SEGMENT)
                .build());
    assertThat(charged().usage()).isEqualTo(Usage.NONE.withUnits(3));
    assertThat(charged().costMicros()).isEqualTo(300);
    assertThat(charged().estimated()).isFalse();
  }

  @Test
  void aTranscriptWithoutUsageIsChargedWhatItsBytesCanBeAtMost() {
    HttpResponse<String> answer =
        form(part("model", "whisper-1") + part("response_format", "text"), mp3(7_900));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(charged().usage()).isEqualTo(Usage.NONE.withUnits(8));
    assertThat(charged().estimated()).isTrue();
    before++;
    at.clock.advance(Duration.ofSeconds(1));
    // Nothing in these bytes bounds them.
    form(part("model", "whisper-1") + part("response_format", "text"), new byte[100]);
    assertThat(charged().usage()).isEqualTo(Usage.NONE.withUnits(7_200));
  }

  @Test
  void aTranscriptIsStreamedAndChargedByItsTokens() {
    StringBuilder text = new StringBuilder();
    try (var stream =
        client
            .audio()
            .transcriptions()
            .createStreaming(
                TranscriptionCreateParams.builder()
                    .model("gpt-4o-transcribe")
                    .file(sound)
                    .chunkingStrategyAuto()
                    .build())) {
      stream.stream()
          .forEach(event -> event.transcriptTextDone().ifPresent(done -> text.append(done.text())));
    }
    assertThat(text.toString()).contains("simulated");
    assertThat(charged().usage().mediaInput()).isEqualTo(30);
    assertThat(charged().usage().output()).isEqualTo(12);
    assertThat(charged().estimated()).isFalse();
  }

  @Test
  void aTranslationAndADeploymentOfAzuresAreServedAlike() {
    azure
        .audio()
        .translations()
        .create(TranslationCreateParams.builder().model("whisper-1").file(sound).build());
    assertThat(charged().usage()).isEqualTo(Usage.NONE.withUnits(3));
    assertThat(charged().call().upstream()).isEqualTo("azure_openai");
    HttpResponse<String> answer =
        send(
            "/azure_openai/openai/deployments/whisper-1/audio/transcriptions?api-version=2024-10-21",
            "multipart/form-data; boundary=" + BOUNDARY,
            body("", mp3(20)));
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "'[[sim no_usage]] x', ok",
    "'[[sim drop_after=1]] x', upstream_error",
    "'[[sim error_midstream]] x', ok"
  })
  void aStreamThatDoesNotSayWhatItTookIsChargedTheReserve(String prompt, String outcome) {
    HttpResponse<String> answer =
        jsonOrBroken(
            "{\"model\":\"gpt-image-2\",\"stream\":true,\"partial_images\":2,\"prompt\":\""
                + prompt
                + "\"}");
    assertThat(answer == null || answer.statusCode() == 200).isTrue();
    assertThat(charged().estimated()).isTrue();
    assertThat(charged().usage().output()).isEqualTo(6_440);
    assertThat(charged().outcome()).isEqualTo(outcome);
  }

  @Test
  void aStreamWhoseMandateIsRevokedEndsWithAnErrorAndIsChargedTheReserve() throws IOException {
    var mandate = at.mandate("gone", at.access(upstream.name(), ALL, Limits.NONE));
    HttpResponse<InputStream> answer = streamed(at.key(mandate), "[[sim chunk_delay=60000]] x");
    InputStream events = answer.body();
    assertThat(events.read()).isEqualTo('e');
    at.stores.mandates().revoke(RunningGateway.TENANT, mandate.id(), at.clock.instant());
    String rest = new String(events.readAllBytes(), StandardCharsets.UTF_8);
    assertThat(rest).contains("\n\ndata: {\"error\":").contains("\"code\":\"mandate_revoked\"");
    RunningGateway.await(() -> !at.ledger("gone").isEmpty());
    assertThat(at.ledger("gone").getFirst().estimated()).isTrue();
    assertThat(at.ledger("gone").getFirst().usage().output()).isEqualTo(6_340);
  }

  @Test
  void aCallerThatLeavesAStreamIsChargedTheReserve() throws IOException {
    HttpResponse<InputStream> answer = streamed(key, "[[sim chunk_delay=60000]] x");
    answer.body().close();
    assertThat(charged().outcome()).isEqualTo("hung_up");
    assertThat(charged().usage().output()).isEqualTo(6_340);
  }

  private static HttpResponse<InputStream> streamed(String caller, String prompt) {
    try {
      return at.http.send(
          at.post(
                  caller,
                  "/openai_compatible/v1/images/generations",
                  "{\"model\":\"gpt-image-2\",\"stream\":true,\"partial_images\":1,\"prompt\":\""
                      + prompt
                      + "\"}")
              .build(),
          HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theWorstOfACallIsHeldBeforeItGoesOut() {
    // 10 images of 6,240 tokens at 30 each are 1,872,000 and more.
    String poor =
        at.key(
            at.mandate(
                "poor", at.access(upstream.name(), ALL, new Limits(null, null, null, 1_872_000L))));
    HttpResponse<String> refused =
        at.send(
            at.post(
                poor,
                "/openai_compatible/v1/images/generations",
                "{\"model\":\"gpt-image-2\",\"prompt\":\"x\",\"n\":10}"));
    assertThat(RunningGateway.code(refused)).isEqualTo("budget_exhausted");
    assertThat(
            at.send(
                    at.post(
                        poor,
                        "/openai_compatible/v1/images/generations",
                        "{\"model\":\"gpt-image-2\",\"prompt\":\"x\",\"n\":9}"))
                .statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/images/generations, frame_count, 10, parameter_not_allowed",
    "/v1/images/generations, partial_images, 4, invalid_request_body",
    "/v1/images/generations, N, 2, invalid_request_body",
    "/v1/audio/speech, voice, '{\"id\":\"voice_1\"}', stored_state_not_allowed"
  })
  void whatHasEffectsThatNobodyPricedIsRefused(
      String path, String member, String value, String code) {
    String model = path.contains("speech") ? "tts-1" : "gpt-image-2";
    HttpResponse<String> answer =
        json(path, "{\"model\":\"" + model + "\",\"" + member + "\":" + value + "}");
    assertThat(RunningGateway.code(answer)).isEqualTo(code);
  }

  @Test
  void aBodyOfTheOtherKindIsRefused() {
    assertThat(RunningGateway.code(json("/v1/audio/transcriptions", "{\"model\":\"whisper-1\"}")))
        .isEqualTo("unsupported_media_type");
    assertThat(
            RunningGateway.code(
                send(
                    "/openai_compatible/v1/audio/speech",
                    "multipart/form-data; boundary=" + BOUNDARY,
                    body(part("model", "tts-1"), mp3(20)))))
        .isEqualTo("unsupported_media_type");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=\"a b\"",
        "multipart/form-data; charset=utf-16; boundary=a",
        "multipart/mixed; boundary=a"
      })
  void aBoundaryThatIsReadInTwoWaysIsRefused(String type) {
    HttpResponse<String> answer =
        send(
            "/openai_compatible/v1/audio/transcriptions",
            type,
            "--a--".getBytes(StandardCharsets.UTF_8));
    assertThat(RunningGateway.code(answer)).isEqualTo("unsupported_media_type");
  }

  @Test
  void aFormThatNamesAModelTwiceReachesNobody() {
    long arrived = simulated("stats").path("arrived").asLong();
    HttpResponse<String> answer =
        form(part("model", "whisper-1") + part("model", "gpt-4o-transcribe"), mp3(20));
    assertThat(RunningGateway.code(answer)).isEqualTo("invalid_request_body");
    assertThat(answer.body()).contains("twice");
    assertThat(simulated("stats").path("arrived").asLong()).isEqualTo(arrived);
  }

  private static String part(String name, String value) {
    return "--"
        + BOUNDARY
        + "\r\nContent-Disposition: form-data; name=\""
        + name
        + "\"\r\n\r\n"
        + value
        + "\r\n";
  }

  private static byte[] body(String fields, byte[] file) {
    String whole =
        fields
            + "--"
            + BOUNDARY
            + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n"
            + "Content-Type: audio/mpeg\r\n\r\n"
            + new String(file, StandardCharsets.ISO_8859_1)
            + "\r\n--"
            + BOUNDARY
            + "--\r\n";
    return whole.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static HttpResponse<String> form(String fields, byte[] file) {
    return send(
        "/openai_compatible/v1/audio/transcriptions",
        "multipart/form-data; boundary=" + BOUNDARY,
        body(fields, file));
  }

  private static HttpResponse<String> send(String path, String type, byte[] body) {
    return at.send(
        at.request(path)
            .header("authorization", "Bearer " + key)
            .header("content-type", type)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  private static HttpResponse<String> json(String path, String body) {
    return at.send(at.post(key, "/openai_compatible" + path, body));
  }

  /// Null where the answer broke off.
  private static @Nullable HttpResponse<String> jsonOrBroken(String body) {
    try {
      return at.http.send(
          at.post(key, "/openai_compatible/v1/images/generations", body).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException broken) {
      return null;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.credential.ProviderDesk.Verdict;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import dev.mandate.simulator.SimulatedModel;
import dev.mandate.simulator.SimulatedModel.Vendor;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.token.credentials.SdkToken;
import software.amazon.awssdk.auth.token.credentials.StaticTokenProvider;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.auth.scheme.BedrockRuntimeAuthSchemeProvider;
import software.amazon.awssdk.services.bedrockruntime.model.AccessDeniedException;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseResponse;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamResponseHandler;
import software.amazon.awssdk.services.bedrockruntime.model.Message;
import software.amazon.awssdk.services.bedrockruntime.model.ThrottlingException;

/// Amazon Bedrock: AWS's Java SDK with a bearer token of ours, and requests to Amazon that are
/// signed with an access key, which the simulator verifies.
class BedrockTest {
  private static final String MANDATE = "bedrock";
  private static final String MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
  private static final String ESCAPED = "us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
  private static final String ACCESS_KEY =
      "{\"AccessKeyId\":\"AKIACANARY\",\"SecretAccessKey\":\"canary/0123456789abcdef\","
          + "\"SessionToken\":\"session-canary\",\"Region\":\"eu-central-1\"}";

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static SimulatedProvider simulator;
  private static RunningGateway at;
  private static Upstream upstream;
  private static String key;
  private static BedrockRuntimeAsyncClient client;

  private int before;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    Secret bearer = Secret.of(OtherProviders.KEY);
    simulator =
        SimulatedProvider.start(
            vertx,
            new SimulatorConfig(
                "127.0.0.1",
                0,
                Secret.of("unused"),
                Secret.of("unused"),
                List.of(
                    new SimulatorConfig.Account("bearer", Vendor.BEDROCK, bearer),
                    new SimulatorConfig.Account("signed", Vendor.BEDROCK, Secret.of(ACCESS_KEY))),
                SimulatedModel.DEFAULTS,
                SimulatorConfig.DEFAULT_MAX_BODY_BYTES,
                InstantSource.system()));
    at = new RunningGateway(folder, URI.create(simulator.baseUrl()));
    Model model =
        new Model(
            MODEL,
            "Claude Sonnet 4.5",
            Set.of(Capability.CHAT),
            200_000,
            64_000,
            8_000,
            new Price(3_000_000, 300_000, 3_750_000, 6_000_000, 15_000_000),
            Instant.EPOCH);
    upstream =
        OtherProviders.add(at, Provider.BEDROCK, URI.create(simulator.baseUrl()), List.of(model));
    key = OtherProviders.caller(at, MANDATE, upstream, Limits.NONE);
    client = client(key);
  }

  private static BedrockRuntimeAsyncClient client(String token) {
    return BedrockRuntimeAsyncClient.builder()
        .region(Region.US_EAST_1)
        .endpointOverride(URI.create(at.url("/bedrock")))
        .tokenProvider(StaticTokenProvider.create(token(token)))
        .authSchemeProvider(
            BedrockRuntimeAuthSchemeProvider.defaultProvider(List.of("httpBearerAuth")))
        .overrideConfiguration(
            ClientOverrideConfiguration.builder()
                .retryStrategy(DefaultRetryStrategy.doNotRetry())
                .build())
        .build();
  }

  private static SdkToken token(String token) {
    return new SdkToken() {
      @Override
      public String token() {
        return token;
      }

      @Override
      public Optional<Instant> expirationTime() {
        return Optional.empty();
      }
    };
  }

  @AfterAll
  static void stop() {
    client.close();
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

  private static Message question(String text) {
    return Message.builder()
        .role(ConversationRole.USER)
        .content(ContentBlock.fromText(text))
        .build();
  }

  private static ConverseResponse converse(BedrockRuntimeAsyncClient with, String text) {
    return with.converse(
            request ->
                request
                    .modelId(MODEL)
                    .messages(question(text))
                    .inferenceConfig(config -> config.maxTokens(500).temperature(0.1f)))
        .join();
  }

  private static String stream(BedrockRuntimeAsyncClient with, String text) {
    StringBuilder said = new StringBuilder();
    with.converseStream(
            request -> request.modelId(MODEL).messages(question(text)),
            ConverseStreamResponseHandler.builder()
                .subscriber(
                    ConverseStreamResponseHandler.Visitor.builder()
                        .onContentBlockDelta(delta -> said.append(delta.delta().text()))
                        .build())
                .build())
        .join();
    return said.toString();
  }

  @Test
  void awssSdkConversesWholeAndStreamedAndIsMeteredExactly() {
    ConverseResponse whole = converse(client, "Say hello");
    LedgerEntry first = charged();
    assertThat(first.usage().output()).isEqualTo(whole.usage().outputTokens().longValue());
    assertThat(first.usage().input()).isEqualTo(whole.usage().inputTokens().longValue());
    assertThat(simulated("last").path("uri").asText()).isEqualTo("/model/" + ESCAPED + "/converse");
    before++;
    at.clock.advance(Duration.ofSeconds(1));
    assertThat(stream(client, "Say hello"))
        .isEqualTo(whole.output().message().content().getFirst().text());
    assertThat(charged().usage()).isEqualTo(first.usage());
    assertThat(charged().estimated()).isFalse();
    assertThat(charged().call().endpoint()).isEqualTo("converse_stream");
  }

  @Test
  void anAccessKeySignsWhatGoesOutAndIsTestedLikewise() {
    Upstream signed =
        new Upstream(
            RunningGateway.TENANT,
            "signed",
            "Signed",
            Provider.BEDROCK,
            upstream.baseUrl(),
            true,
            "test-1",
            upstream.models());
    OtherProviders.add(at, signed, ACCESS_KEY);
    String caller = OtherProviders.caller(at, "signs", signed, Limits.NONE);
    HttpResponse<String> answer = send(caller, "signed", body("\"system\":[{\"text\":\"é\"}]"));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(simulated("last").path("key_label").asText()).isEqualTo("signed");
    assertThat(simulated("last").path("headers").toString()).doesNotContain(caller);
    assertThat(at.desk.test(signed, Secret.of(ACCESS_KEY))).isEqualTo(Verdict.OK);
    assertThat(at.desk.test(signed, Secret.of(ACCESS_KEY.replace("canary/", "other/"))))
        .isEqualTo(Verdict.REJECTED);
    assertThat(at.desk.test(signed, Secret.of(OtherProviders.KEY))).isEqualTo(Verdict.OK);
  }

  @Test
  void awssSdkReadsOurRefusalsAsItsOwn() {
    assertThatThrownBy(
            () ->
                client
                    .converse(request -> request.modelId("no.such").messages(question("x")))
                    .join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("model_not_allowed");
    String poor = OtherProviders.caller(at, "poor", upstream, new Limits(null, null, null, 1L));
    try (BedrockRuntimeAsyncClient other = client(poor)) {
      assertThatThrownBy(() -> converse(other, "x"))
          .hasCauseInstanceOf(ThrottlingException.class)
          .hasMessageContaining("budget_exhausted");
    }
  }

  @Test
  void aRequestThatIsSignedWithTheCallersOwnKeyIsToldWhatToDoInstead() {
    HttpResponse<String> answer =
        at.send(
            at.request("/bedrock/model/" + ESCAPED + "/converse")
                .header(
                    "authorization",
                    "AWS4-HMAC-SHA256"
                        + " Credential=AKIDEXAMPLE/20261121/us-east-1/bedrock/aws4_request,"
                        + " SignedHeaders=host, Signature=00")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body("\"x\":1"))));
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("x-amzn-errortype")).contains("AccessDeniedException");
    assertThat(answer.body()).contains("AWS_BEARER_TOKEN_BEDROCK").doesNotContain("AKIDEXAMPLE");
  }

  @Test
  void aCapIsPutIntoTheConfigurationWhereTheModelsMaximumDoesNotFit() {
    String poor =
        OtherProviders.caller(at, "capped", upstream, new Limits(null, null, null, 3_000L));
    for (String more :
        List.of(
            "\"requestMetadata\":{}",
            "\"inferenceConfig\":{\"topP\":0.5}",
            "\"inferenceConfig\":{}",
            "\"inferenceConfig\":null",
            "\"inferenceConfig\":{\"maxTokens\":null}")) {
      assertThat(send(poor, "bedrock", body(more)).statusCode()).as(more).isEqualTo(200);
      JsonNode sent = Json.parse(simulated("last").path("body").asText());
      assertThat(sent.path("inferenceConfig").path("maxTokens").asInt()).as(more).isBetween(1, 200);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "`guardrailConfig`:{`guardrailIdentifier`:`g`} | provider_tool_not_allowed",
        "`promptVariables`:{} | stored_state_not_allowed",
        "`performanceConfig`:{`latency`:`optimized`} | parameter_not_allowed",
        "`serviceTier`:{`type`:`priority`} | parameter_not_allowed",
        "`additionalModelRequestFields`:{`anthropic_beta`:[`x`]} | parameter_not_allowed",
        "`toolConfig`:{`tools`:[{`systemTool`:{`name`:`nova_grounding`}}]} |"
            + " provider_tool_not_allowed",
        "`InferenceConfig`:{} | invalid_request_body",
        "`system`:[{`guardContent`:{}}] | provider_tool_not_allowed",
        "`system`:[{`document`:{`source`:{`s3Location`:{`uri`:`s3://b`}}}}] |"
            + " stored_state_not_allowed",
        "`system`:[{`toolUse`:{`type`:`server_tool_use`}}] | parameter_not_allowed",
        "`modelId`:`other` | parameter_not_allowed"
      })
  void whatHasAPriceOfItsOwnOrReachesTheAccountIsRefused(String member, String code) {
    HttpResponse<String> answer = send(key, "bedrock", body(member.replace('`', '"')));
    assertThat(Json.parse(answer.body()).path("reason").asText()).isEqualTo(code);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"X-Amzn-Bedrock-GuardrailIdentifier", "X-Amzn-Bedrock-PerformanceConfig-Latency"})
  void aChoiceInAHeaderFieldIsRefused(String name) {
    HttpResponse<String> answer =
        at.send(
            at.post(key, "/bedrock/model/" + ESCAPED + "/converse", body("\"system\":[]"))
                .header(name, "x"));
    assertThat(Json.parse(answer.body()).path("reason").asText())
        .isEqualTo("parameter_not_allowed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"invoke", "invoke-with-response-stream", "count-tokens"})
  void otherOperationsAreNotServed(String operation) {
    HttpResponse<String> answer =
        at.send(at.post(key, "/bedrock/model/" + ESCAPED + "/" + operation, body("\"system\":[]")));
    assertThat(Json.parse(answer.body()).path("reason").asText()).isEqualTo("route_not_allowed");
  }

  @ParameterizedTest
  @CsvSource({
    "[[sim no_usage]] x, ok",
    "[[sim drop_after=1]] x, upstream_error",
    "[[sim error_midstream]] x, ok"
  })
  void aStreamThatDoesNotSayWhatItTookIsChargedTheReserve(String text, String outcome) {
    try {
      stream(client, text);
      assertThat(text).contains("no_usage");
    } catch (CompletionException broken) {
      assertThat(text).doesNotContain("no_usage");
    }
    assertThat(charged().estimated()).isTrue();
    assertThat(charged().usage().output()).isEqualTo(64_000);
    assertThat(charged().outcome()).isEqualTo(outcome);
  }

  @Test
  void aStreamWhoseMandateIsRevokedEndsWithAnExceptionThatTheSdkReads() {
    Mandate mandate =
        at.mandate("gone", at.access(upstream.name(), Set.of(Capability.CHAT), Limits.NONE));
    CompletableFuture<Void> begun = new CompletableFuture<>();
    try (BedrockRuntimeAsyncClient other = client(at.key(mandate))) {
      CompletableFuture<Void> stream =
          other.converseStream(
              request -> request.modelId(MODEL).messages(question("[[sim chunk_delay=60000]] x")),
              ConverseStreamResponseHandler.builder()
                  .subscriber(event -> begun.complete(null))
                  .build());
      begun.join();
      at.stores.mandates().revoke(RunningGateway.TENANT, mandate.id(), at.clock.instant());
      assertThatThrownBy(stream::join).hasMessageContaining("mandate_revoked");
    }
    RunningGateway.await(() -> !at.ledger("gone").isEmpty());
    assertThat(at.ledger("gone").getFirst().outcome()).isEqualTo("cut");
    assertThat(at.ledger("gone").getFirst().estimated()).isTrue();
  }

  private static String body(String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"Hi\"}]}]," + more + "}";
  }

  private static HttpResponse<String> send(String caller, String upstream, String body) {
    return at.send(at.post(caller, "/" + upstream + "/model/" + ESCAPED + "/converse", body));
  }
}

package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.testing.ClientKey;
import dev.mandate.testing.Dpop;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Calls with a token that is bound to a key (RFC 9449 §7).
class DpopTest {
  private static final String PATH = "/openai/v1/chat/completions";

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway at;
  private Dpop client;
  private Dpop thief;
  private String token;
  private Mandate mandate;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(200, "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}"));
    at = new RunningGateway(folder, upstream.url());
    client = new Dpop(ClientKey.ec(null), at.clock);
    thief = new Dpop(ClientKey.ec(null), at.clock);
    mandate = at.mandate("m", Limits.NONE);
    token = token(client.key().thumbprint());
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
  }

  private String token(@Nullable String thumbprint) {
    return at.token(
        mandate, List.of(at.issuer.url() + "/openai/v1"), Duration.ofMinutes(5), thumbprint);
  }

  private String nonce() {
    return at.nonces.next(at.issuer.tenant());
  }

  private String proof(Dpop by) {
    return by.proof("POST", at.issuer.url() + PATH, nonce(), token);
  }

  private HttpResponse<String> call(String authorization, @Nullable String proof) {
    HttpRequest.Builder request =
        at.request(PATH)
            .header("authorization", authorization)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(RunningGateway.chatBody("")));
    return at.send(proof == null ? request : request.header("DPoP", proof));
  }

  private void refused(HttpResponse<String> answer, String code) {
    assertThat(RunningGateway.code(answer)).isEqualTo(code);
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("www-authenticate")).isPresent();
  }

  @Test
  void whoHasTheKeyCallsAndGetsTheNextNonce() {
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> answer = call("DPoP " + token, proof(client));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.headers().firstValue("dpop-nonce")).isPresent();
    }
    assertThat(upstream.requests).hasValue(3);
  }

  @Test
  void aBoundTokenIsWorthNothingToWhoeverFindsIt() {
    refused(call("Bearer " + token, null), "invalid_token");
    refused(call("Bearer " + token, proof(client)), "invalid_token");
    refused(call("DPoP " + token, null), "invalid_dpop_proof");
    refused(call("DPoP " + token, proof(thief)), "invalid_dpop_proof");
    refused(call("DPoP " + token, "x"), "invalid_dpop_proof");
    HttpResponse<String> keyed =
        at.send(
            at.request(PATH)
                .header("x-api-key", token)
                .header("DPoP", proof(client))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(RunningGateway.chatBody(""))));
    refused(keyed, "invalid_token");
    String elsewhere =
        client.proof("POST", at.issuer.url() + "/anthropic/v1/messages", nonce(), token);
    refused(call("DPoP " + token, elsewhere), "invalid_dpop_proof");
    String another = client.proof("POST", at.issuer.url() + PATH, nonce(), token + "x");
    refused(call("DPoP " + token, another), "invalid_dpop_proof");
    // In memory by now, and still.
    assertThat(call("DPoP " + token, proof(client)).statusCode()).isEqualTo(200);
    refused(call("Bearer " + token, null), "invalid_token");
    refused(call("DPoP " + token, proof(thief)), "invalid_dpop_proof");
    assertThat(upstream.requests).hasValue(1);
  }

  @Test
  void aNonceIsAskedForAndThenTaken() {
    HttpResponse<String> first =
        call("DPoP " + token, client.proof("POST", at.issuer.url() + PATH, "old", token));
    refused(first, "use_dpop_nonce");
    assertThat(first.headers().firstValue("www-authenticate").orElse(""))
        .startsWith("DPoP ")
        .contains("error=\"use_dpop_nonce\"", "algs=\"ES256 RS256\"");
    String nonce = first.headers().firstValue("dpop-nonce").orElseThrow();
    assertThat(
            call("DPoP " + token, client.proof("POST", at.issuer.url() + PATH, nonce, token))
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void ofRacingUsesOfAProofOneIsACall() throws Exception {
    String proof = proof(client);
    List<Callable<Integer>> racers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      racers.add(() -> call("DPoP " + token, proof).statusCode());
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      int won = 0;
      for (var racer : threads.invokeAll(racers)) {
        won += racer.get() == 200 ? 1 : 0;
      }
      assertThat(won).isEqualTo(1);
    }
    assertThat(upstream.requests).hasValue(1);
  }

  @Test
  void whatIsBoundToNoKeyDoesNotComeUnderDpop() {
    String free = token(null);
    assertThat(call("Bearer " + free, null).statusCode()).isEqualTo(200);
    refused(call("DPoP " + free, proof(client)), "invalid_token");
    String key = at.key(mandate);
    refused(call("DPoP " + key, proof(client)), "invalid_token");
  }

  @Test
  void twoSchemesWithTwoTokensAreNoCredential() {
    HttpResponse<String> answer =
        at.send(
            at.request(PATH)
                .header("authorization", "DPoP " + token)
                .header("x-api-key", at.key(mandate))
                .header("DPoP", proof(client))
                .POST(HttpRequest.BodyPublishers.ofString(RunningGateway.chatBody(""))));
    assertThat(RunningGateway.code(answer)).isEqualTo("conflicting_credentials");
  }
}

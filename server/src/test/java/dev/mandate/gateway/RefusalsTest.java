package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.upstream.Usage;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each refusal: its code, its status, its shape, and that it costs nothing.
@Order(3) // Takes long: among the first, so that nothing waits for it alone at the end.
class RefusalsTest {
  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway at;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(200, "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}"));
    at = new RunningGateway(folder, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
  }

  private void assertRefused(HttpResponse<String> response, int status, String code) {
    assertThat(RunningGateway.code(response)).isEqualTo(code);
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
    assertThat(upstream.requests).hasValue(0);
  }

  @Test
  void noCredentialIsChallengedWithoutAnErrorCode() {
    HttpResponse<String> response =
        at.send(
            at.request("/openai/v1/chat/completions")
                .POST(HttpRequest.BodyPublishers.ofString(RunningGateway.chatBody(""))));
    assertRefused(response, 401, "missing_credential");
    assertThat(response.headers().firstValue("www-authenticate")).hasValue("Bearer");
  }

  @Test
  void anUnknownCredentialIsAnInvalidToken() {
    HttpResponse<String> response = at.chat("mandate_nonsense", "");
    assertRefused(response, 401, "invalid_token");
    assertThat(response.headers().firstValue("www-authenticate"))
        .hasValue("Bearer error=\"invalid_token\"");
  }

  @Test
  void aCookieAuthenticatesNobody() {
    String key = at.caller("m", Limits.NONE);
    assertRefused(
        at.send(at.request("/openai/v1/models").header("cookie", "mandate_session=" + key)),
        401,
        "missing_credential");
  }

  @ParameterizedTest
  @CsvSource({"x-api-key", "api-key", "x-goog-api-key"})
  void aKeyCountsInEachHeaderAndTwoThatDifferAreRefused(String header) {
    String key = at.caller("m", Limits.NONE);
    assertThat(at.send(at.request("/openai/v1/models").header(header, key)).statusCode())
        .isEqualTo(200);
    assertThat(
            at.send(
                    at.request("/openai/v1/models")
                        .header(header, key)
                        .header("authorization", "Bearer " + key))
                .statusCode())
        .isEqualTo(200);
    assertRefused(
        at.send(
            at.request("/openai/v1/models")
                .header(header, key)
                .header("authorization", "Bearer other")),
        400,
        "conflicting_credentials");
  }

  @ParameterizedTest
  @CsvSource({"access_token", "api_key", "key", "x-api-key", "ACCESS_TOKEN", "k%65y"})
  void aCredentialInTheUrlIsRefusedAndWrittenNowhere(String name) {
    String key = at.caller("m", Limits.NONE);
    assertRefused(
        at.send(
            at.request("/openai/v1/models?" + name + "=" + key)
                .header("authorization", "Bearer " + key)),
        400,
        "credential_in_url");
    RunningGateway.await(
        () -> at.audit().stream().anyMatch(e -> e.outcome().equals("credential_in_url")));
    assertThat(at.audit().toString()).doesNotContain(key);
  }

  @Test
  void aTokenForAnotherResourceExpiredOrRevokedIsInvalid() {
    Mandate mandate = at.mandate("m", Limits.NONE);
    String resource = "http://localhost:1/openai/v1";
    String other = at.token(mandate, List.of(resource + "/x"), Duration.ofMinutes(5));
    assertRefused(at.chat(other, ""), 401, "invalid_token");
    String token = at.token(mandate, List.of(resource), Duration.ofMinutes(5));
    assertThat(at.chat(token, "").statusCode()).isEqualTo(200);
    upstream.requests.set(0);
    String revoked = at.token(mandate, List.of(resource), Duration.ofMinutes(5));
    at.stores
        .revokedTokens()
        .revoke(RunningGateway.TENANT, revoked, at.clock.instant().plusSeconds(300));
    assertRefused(at.chat(revoked, ""), 401, "invalid_token");
    at.clock.advance(Duration.ofMinutes(6));
    assertRefused(at.chat(token, ""), 401, "invalid_token");
  }

  @Test
  void revokedExpiredAndSuspendedMandatesAreToldApart() {
    Mandate mandate = at.mandate("m", Limits.NONE);
    String key = at.key(mandate);
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    upstream.requests.set(0);
    at.stores.users().setDisabled(RunningGateway.TENANT, at.user.id(), true);
    assertRefused(at.chat(key, ""), 403, "mandate_suspended");
    at.stores.users().setDisabled(RunningGateway.TENANT, at.user.id(), false);
    at.clock.set(mandate.expiresAt());
    assertRefused(at.chat(key, ""), 401, "mandate_expired");
    at.clock.set(mandate.createdAt());
    at.stores.mandates().revoke(RunningGateway.TENANT, mandate.id(), at.clock.instant());
    HttpResponse<String> response = at.chat(key, "");
    assertRefused(response, 401, "mandate_revoked");
    assertThat(response.body()).contains("\"type\":\"authentication_error\"", "\"error_id\"");
  }

  @Test
  void whatTheMandateDoesNotGiveIsRefused() {
    String openai =
        at.key(at.mandate("chat", at.access("openai", Set.of(Capability.EMBEDDINGS), Limits.NONE)));
    assertRefused(at.chat(openai, ""), 403, "capability_not_allowed");
    assertRefused(
        at.send(at.post(openai, "/anthropic/v1/messages", RunningGateway.messagesBody(""))),
        403,
        "upstream_not_allowed");
    String key = at.caller("m", Limits.NONE);
    assertRefused(
        at.send(at.post(key, "/openai/v1/embeddings", "{\"model\":\"nope\",\"input\":\"a\"}")),
        403,
        "model_not_allowed");
    assertRefused(
        at.send(at.post(key, "/openai/v1/embeddings", "{\"model\":\"gpt-test\",\"input\":\"a\"}")),
        400,
        "model_not_capable");
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/openai/v1/batches",
    "POST,/openai/v1/completions",
    "DELETE,/openai/v1/models/gpt-test",
    "GET,/openai/v1/chat/completions",
    "POST,/openai/v1/chat/completions/",
    "POST,/anthropic/v1/messages/batches",
    "GET,/anthropic/v1/files",
    "POST,/openai/v1/messages"
  })
  void anythingElseIsNotServed(String method, String path) {
    String key = at.caller("m", Limits.NONE);
    assertRefused(
        at.send(
            at.request(path)
                .header("authorization", "Bearer " + key)
                .method(method, HttpRequest.BodyPublishers.noBody())),
        403,
        "route_not_allowed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "chat|,\"store\":true|stored_state_not_allowed|403",
        "chat|,\"web_search_options\":{}|provider_tool_not_allowed|403",
        "chat|,\"tools\":[{\"type\":\"web_search\"}]|provider_tool_not_allowed|403",
        "chat|,\"service_tier\":\"priority\"|parameter_not_allowed|403",
        "chat|,\"modalities\":[\"text\",\"audio\"]|parameter_not_allowed|403",
        "chat|,\"surprise\":1|parameter_not_allowed|403",
        "chat|,\"Model\":\"x\"|invalid_request_body|400",
        "chat|,\"model\":\"x\"|invalid_request_body|400",
        "chat|,\"mod\\u0065l\":\"x\"|invalid_request_body|400",
        "chat|,\"stream\":\"yes\"|invalid_request_body|400",
        "chat|,\"max_tokens\":1.5|invalid_request_body|400",
        "chat|,\"n\":0|invalid_request_body|400",
        "chat|}{|invalid_request_body|400",
        "chat|,|invalid_request_body|400",
        "responses|,\"store\":true|stored_state_not_allowed|403",
        "responses|,\"previous_response_id\":\"resp_1\"|stored_state_not_allowed|403",
        "responses|,\"conversation\":\"conv_1\"|stored_state_not_allowed|403",
        "responses|,\"background\":true|stored_state_not_allowed|403",
        "responses|,\"prompt\":{\"id\":\"pmpt_1\"}|stored_state_not_allowed|403",
        "responses|,\"tools\":[{\"type\":\"mcp\"}]|provider_tool_not_allowed|403",
        "responses|,\"tools\":[{\"type\":\"code_interpreter\"}]|provider_tool_not_allowed|403",
        "input|[{\"id\":\"msg_1\"}]|stored_state_not_allowed|403",
        "input|[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]|stored_state_not_allowed|403",
        "input|[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[]}]|stored_state_not_allowed|403",
        "input|[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_id\":\"f\"}]}]"
            + "|stored_state_not_allowed|403",
        "input|[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"File_id\":\"f\"}]}]"
            + "|invalid_request_body|400",
        "input|[{\"type\":\"additional_tools\",\"role\":\"user\"}]|provider_tool_not_allowed|403",
        "messages|,\"container\":\"c\"|stored_state_not_allowed|403",
        "messages|,\"mcp_servers\":[]|provider_tool_not_allowed|403",
        "messages|,\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"w\"}]"
            + "|provider_tool_not_allowed|403",
        "messages|,\"speed\":\"fast\"|parameter_not_allowed|403",
        "messages|,\"system\":[{\"type\":\"document\",\"source\":{\"type\":\"file\","
            + "\"file_id\":\"f\"}}]|stored_state_not_allowed|403",
      })
  void whatReachesStateOrCostsUnseenIsRefused(String kind, String more, String code, int status) {
    String key = at.caller("m", Limits.NONE);
    HttpRequest.Builder request =
        switch (kind) {
          case "chat" -> at.post(key, "/openai/v1/chat/completions", RunningGateway.chatBody(more));
          case "responses" ->
              at.post(
                  key,
                  "/openai/v1/responses",
                  "{\"model\":\"gpt-test\",\"input\":\"Hi\"" + more + "}");
          case "input" ->
              at.post(
                  key, "/openai/v1/responses", "{\"model\":\"gpt-test\",\"input\":" + more + "}");
          default -> at.post(key, "/anthropic/v1/messages", RunningGateway.messagesBody(more));
        };
    assertRefused(at.send(request), status, code);
    assertThat(at.ledger("m")).isEmpty();
  }

  @Test
  void bodiesThatAreNotPlainJsonAreRefused() {
    String key = at.caller("m", Limits.NONE);
    String path = "/openai/v1/chat/completions";
    assertRefused(
        at.send(at.post(key, path, RunningGateway.chatBody("")).header("content-encoding", "gzip")),
        415,
        "unsupported_media_type");
    assertRefused(
        at.send(
            at.request(path)
                .header("x-api-key", key)
                .header("content-type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString(RunningGateway.chatBody("")))),
        415,
        "unsupported_media_type");
    byte[] invalid =
        RunningGateway.chatBody(",\"user\":\"\u00e9\"")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    assertRefused(
        at.send(at.post(key, path, "").POST(HttpRequest.BodyPublishers.ofByteArray(invalid))),
        400,
        "invalid_request_body");
    String deep = ",\"metadata\":" + "[".repeat(200) + "]".repeat(200);
    assertRefused(at.chat(key, deep), 400, "invalid_request_body");
    assertRefused(at.send(at.post(key, path, "")), 400, "invalid_request_body");
    assertRefused(
        at.send(at.post(key, path, " ".repeat(GatewayConfig.DEFAULT.bodyBytesMax() + 1))),
        413,
        "request_too_large");
  }

  @Test
  void anthropicRefusalsHaveItsShape() {
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> response =
        at.send(
            at.post(key, "/anthropic/v1/messages", RunningGateway.messagesBody(""))
                .header("anthropic-beta", "context-1m-2025-08-07"));
    assertRefused(response, 403, "parameter_not_allowed");
    assertThat(response.body())
        .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"permission_error\"")
        .contains("\"request_id\":\"req_");
  }

  @Test
  void eachRefusalAndEachCallIsInTheAuditLog() {
    String key = at.caller("m", Limits.NONE);
    at.chat(key, ",\"store\":true");
    at.chat(key, "");
    RunningGateway.await(() -> at.audit().size() >= 2);
    AuditEvent allowed = at.audit().getFirst();
    AuditEvent refused = at.audit().get(1);
    assertThat(refused.type()).isEqualTo("call.refused");
    assertThat(refused.outcome()).isEqualTo("stored_state_not_allowed");
    assertThat(refused.mandate()).isEqualTo("m");
    assertThat(refused.details().keySet()).contains("caller", "network");
    assertThat(allowed.type()).isEqualTo("call.allowed");
    assertThat(allowed.details())
        .containsEntry("model", "gpt-test")
        .containsEntry("network", "127.0.0.0/24")
        .hasEntrySatisfying("caller", caller -> assertThat(caller).startsWith("api_key:key_"))
        .containsEntry("input_tokens", "3")
        .containsEntry("cost_micros", "11");
    assertThat(at.ledger("m").getFirst().usage()).isEqualTo(Usage.of(3, 2));
    assertThat(at.stores.ledger().summary(RunningGateway.TENANT, new MandateId("m")).requests())
        .isEqualTo(1);
  }

  @Test
  void aPreflightFromAnAllowedOriginIsAnsweredAndFromAnotherIsNot() {
    // The JDK's client sends neither Origin nor the preflight's fields unless told to.
    HttpResponse<String> allowed = preflight(RunningGateway.ORIGIN);
    assertThat(allowed.statusCode()).isEqualTo(204);
    assertThat(allowed.headers().firstValue("access-control-allow-origin"))
        .hasValue(RunningGateway.ORIGIN);
    assertThat(allowed.headers().firstValue("access-control-allow-headers"))
        .hasValue("authorization, x-stainless-os");
    assertThat(allowed.headers().firstValue("access-control-allow-credentials")).isEmpty();
    assertThat(preflight("https://evil.example").headers().map())
        .doesNotContainKey("access-control-allow-origin");
  }

  private HttpResponse<String> preflight(String origin) {
    return at.send(
        at.request("/openai/v1/chat/completions")
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization, x-stainless-os, x-evil"));
  }
}

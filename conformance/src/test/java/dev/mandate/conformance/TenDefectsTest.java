package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Ten defects of an early broker in this field, each as the test that would have caught it. The
/// eighth, no time-outs, needs time-outs shorter than the demo's: the server's
/// `RelayTest.aSilentUpstreamIsA504ThatIsChargedAtTheReserve` and its neighbour hold it.
@On(Shared.SQLITE)
class TenDefectsTest {
  private static final String OPENAI = "[{\"type\":\"llm_access\",\"upstream\":\"openai\"}]";

  private final Deployment server = Shared.of(this);
  private final App app = App.publicApp(server);
  private final Llm llm = new Llm(server);
  private final Person member = Person.of(server, "member");
  private final Person approver = Person.of(server, "approver");

  /// 1. Anyone could approve: a request belongs to the browser that began it, and to a person who
  ///    proved who they are.
  @Test
  void onlyTheSignedInPersonOfThisBrowserApproves() {
    App.Ask ask = app.ask(OPENAI);
    Visitor.Page consent = member.open(ask.uri());
    Visitor.Form form = consent.formWith("decision").with("decision", "approve");
    assertThat(new Visitor().submit(form).at().toString()).doesNotContain("code=");
    approver.open(server.uri("/mandates"));
    Visitor.Page other = approver.browser().submit(form);
    assertThat(other.at().toString()).doesNotContain("code=");
    assertThat(Person.parameters(member.browser().submit(form))).containsKey("code");
  }

  /// 2. Anyone could mint a token for a grant id, and ids were listed.
  @Test
  void aMandateIdIsWorthNothingAndIsNotListed() {
    String id = MainJobTest.mandate(member.give(app, app.ask(OPENAI)));
    for (String grant : List.of("authorization_code", "refresh_token")) {
      Http.Answer answer =
          Http.postForm(
              app.endpoint("token_endpoint"),
              app.authenticated(
                  Map.of(
                      "grant_type",
                      grant,
                      "code",
                      id,
                      "refresh_token",
                      id,
                      "mandate",
                      id,
                      "redirect_uri",
                      app.redirectUri(),
                      "code_verifier",
                      App.random())));
      assertThat(answer.status()).isEqualTo(400);
    }
    assertThat(llm.chat("Bearer " + id, "hi").status()).isEqualTo(401);
    assertThat(Http.get(server.uri("/admin/v1/mandates")).status()).isEqualTo(401);
    assertThat(approver.open(server.uri("/mandates")).text()).doesNotContain(id);
    assertThat(approver.open(server.uri("/mandates/" + id)).answer().status()).isEqualTo(404);
  }

  /// 3. CORS was wide open.
  @Test
  void onlyRegisteredOriginsReadAnswers() {
    URI token = app.endpoint("token_endpoint");
    Http.Answer evil =
        Http.postForm(token, Map.of("grant_type", "x"), "origin", "https://evil.example");
    assertThat(evil.header("access-control-allow-origin")).isEmpty();
    assertThat(
            Http.postForm(token, Map.of("grant_type", "x"), "origin", "http://127.0.0.1:8765")
                .header("access-control-allow-origin"))
        .isEqualTo("http://127.0.0.1:8765");
    for (String origin : List.of("https://evil.example", "null", "http://127.0.0.1:9999")) {
      Http.Answer call = Http.postJson(llm.openai("/chat/completions"), "{}", "origin", origin);
      assertThat(call.header("access-control-allow-origin")).as(origin).isEmpty();
      assertThat(call.header("access-control-allow-credentials")).as(origin).isEmpty();
    }
    Http.Answer preflight =
        Http.send(
            Http.to(llm.openai("/chat/completions"))
                .method("OPTIONS", java.net.http.HttpRequest.BodyPublishers.noBody())
                .header("origin", "http://127.0.0.1:8765")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "authorization,content-type"));
    assertThat(preflight.header("access-control-allow-origin")).isEqualTo("http://127.0.0.1:8765");
  }

  /// 4. The cost budget never increased.
  @Test
  void moneyIsCounted() {
    App.Tokens tokens = member.give(app, app.ask(OPENAI));
    assertThat(spent(tokens).path("cost_micros").asLong()).isZero();
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(200);
    long first = spent(tokens).path("cost_micros").asLong();
    assertThat(first).isPositive();
    Llm.lines(llm.chatStream(tokens.bearer(), "hi"));
    assertThat(spent(tokens).path("cost_micros").asLong()).isGreaterThan(first);
  }

  /// 5. A denied call burned quota and answered 502.
  @Test
  void aDeniedCallBurnsNothingAndSaysSo() {
    App.Tokens tokens =
        member.give(
            app,
            app.ask(
                "[{\"type\":\"llm_access\",\"upstream\":\"openai\",\"models\":[\"%s\"],\"limits\":{\"requests\":1}}]"
                    .formatted(llm.openaiModel())));
    for (int i = 0; i < 3; i++) {
      Http.Answer denied =
          Http.postJson(
              llm.openai("/chat/completions"),
              "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
                  .formatted(server.text("/models/openai/1")),
              "authorization",
              tokens.bearer());
      assertThat(denied.status()).isEqualTo(403);
    }
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(200);
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(429);
  }

  /// 6. Upstream errors came back as 200.
  @Test
  void upstreamErrorsArriveAsTheyAre() throws InterruptedException {
    App.Tokens tokens = member.give(app, app.ask(OPENAI));
    for (int status : List.of(400, 404, 429, 500, 503)) {
      Http.Answer answer = llm.chat(tokens.bearer(), "hi [[sim status=" + status + "]]");
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.json().at("/error/message").asText()).isNotEmpty();
    }
    assertThat(llm.chat(tokens.bearer(), "hi [[sim status=401]]").status()).isEqualTo(502);
    Admin.useAgain(server, "openai");
  }

  /// 7. Only `model` and plain messages were forwarded.
  @Test
  void everythingThatIsAllowedIsForwarded() {
    App.Tokens tokens = member.give(app, app.ask(OPENAI));
    String body =
        """
        {"model":"%s","temperature":0.25,"seed":7,"top_p":0.9,"stop":["END"],"max_completion_tokens":64,\
        "response_format":{"type":"json_object"},"user":"u-1","metadata":{"k":"v"},\
        "messages":[{"role":"system","content":"be brief \\u00e9"},{"role":"user","name":"x","content":\
        [{"type":"text","text":"[[sim echo]]"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],\
        "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto"}\
        """
            .formatted(llm.openaiModel());
    Http.Answer answer =
        Http.postJson(llm.openai("/chat/completions"), body, "authorization", tokens.bearer());
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    JsonNode arrived =
        Http.get(URI.create(server.text("/upstream/simulator") + "/sim/last")).json();
    // The one addition: the provider must not keep the conversation.
    ObjectNode sent = ((ObjectNode) Http.parse(body)).put("store", false);
    JsonNode got =
        arrived.path("body").isTextual()
            ? Http.parse(arrived.path("body").asText())
            : arrived.path("body");
    assertThat(got).isEqualTo(sent);
  }

  /// 9. Whole tokens were stored and put in URLs.
  @Test
  void tokensAreNeitherStoredNorTakenFromUrls() throws IOException {
    App.Tokens tokens = member.give(app, app.ask(OPENAI));
    Http.Answer inUrl =
        Http.postJson(
            llm.openai("/chat/completions?access_token=" + tokens.access()),
            llm.chatBody("hi", ""));
    assertThat(inUrl.status()).isIn(400, 401);
    Written.holdsNone(server, List.of(tokens.access(), tokens.refresh()));
    assertThat(server.log()).doesNotContain(tokens.access()).doesNotContain(tokens.refresh());
  }

  /// 10. Text timestamps were compared as strings: an end within the same minute, second or zone
  ///     must hold.
  @Test
  void anEndTwoSecondsAwayIsAnEnd() throws InterruptedException, IOException {
    App.Tokens tokens =
        member.give(
            app, app.ask("[{\"type\":\"llm_access\",\"upstream\":\"openai\",\"expires_in\":3}]"));
    var response = llm.chatStream(tokens.bearer(), "hi [[sim chunks=400 chunk_delay=25]]");
    long begun = System.nanoTime();
    StringBuilder all = new StringBuilder();
    try (BufferedReader reader = Llm.reader(response)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        all.append(line).append('\n');
      }
    }
    assertThat(System.nanoTime() - begun).isLessThan(6_000_000_000L);
    assertThat(all).contains("mandate_expired").doesNotContain("[DONE]");
    assertThat(llm.chat(tokens.bearer(), "hi").status()).isEqualTo(401);
  }

  private JsonNode spent(App.Tokens tokens) {
    return MainJobTest.spent(server, tokens);
  }
}

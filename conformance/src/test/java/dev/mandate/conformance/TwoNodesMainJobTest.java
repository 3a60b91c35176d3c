package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The main job again, on two nodes of which each gets every other request; and what only two nodes
/// can do wrong.
@On(Shared.TWO_NODES)
class TwoNodesMainJobTest extends MainJobTest {
  /// How long a revocation may take to reach a stream at the other node.
  private static final long CUT_WITHIN = TimeUnit.SECONDS.toNanos(3);

  private static final String OPENAI = "[{\"type\":\"llm_access\",\"upstream\":\"openai\"}]";

  private final TwoNodes nodes = TwoNodes.shared();
  private final App app = App.publicApp(nodes);
  private final Llm llm = new Llm(nodes);
  private final Person member = Person.of(nodes, "member");

  @Test
  void revokingAtEitherNodeCutsTheStreamsOpenAtBoth() throws IOException {
    for (DemoServer revoking : List.of(nodes.first(), nodes.second())) {
      App.Tokens tokens = member.give(app, app.ask(OPENAI));
      try (BufferedReader one = stream(nodes.first(), tokens);
          BufferedReader other = stream(nodes.second(), tokens)) {
        assertThat(one.readLine()).startsWith("data:");
        assertThat(other.readLine()).startsWith("data:");
        assertThat(
                Http.postForm(
                        revoking.own("/oauth/revoke"),
                        app.authenticated(Map.of("token", tokens.access())))
                    .status())
            .isEqualTo(200);
        long revoked = System.nanoTime();
        for (BufferedReader stream : List.of(one, other)) {
          assertThat(rest(stream)).contains("mandate_revoked").doesNotContain("[DONE]");
          assertThat(System.nanoTime() - revoked).isLessThan(CUT_WITHIN);
        }
      }
      for (DemoServer node : List.of(nodes.first(), nodes.second())) {
        Http.Answer refused = chat(node, tokens);
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("mandate_revoked");
      }
    }
  }

  @Test
  void aCodeIsRedeemedOnceAtBothNodesTogether() throws Exception {
    App.Ask ask = app.ask(OPENAI);
    String code = member.approve(ask).getOrDefault("code", "");
    Map<String, String> form = new LinkedHashMap<>(app.codeRequest(code, ask.verifier()));
    List<Integer> statuses =
        race(8, () -> Http.postForm(app.endpoint("token_endpoint"), form).status());
    assertThat(statuses).filteredOn(s -> s == 200).hasSizeLessThanOrEqualTo(1);
    assertThat(statuses).filteredOn(s -> s == 400).hasSizeGreaterThanOrEqualTo(7);
  }

  @Test
  void theSecondNodeHoldsNoSecretOfTheDemoInAFileOfItsOwn() {
    assertThat(nodes.second().folder().resolve("demo.json")).doesNotExist();
    assertThat(nodes.second().folder().resolve("development-master.key")).doesNotExist();
  }

  private BufferedReader stream(DemoServer node, App.Tokens tokens) {
    return Llm.reader(
        Http.stream(
            chatAt(node),
            llm.chatBody("hi [[sim chunks=400 chunk_delay=25]]", ",\"stream\":true"),
            "authorization",
            tokens.bearer()));
  }

  private Http.Answer chat(DemoServer node, App.Tokens tokens) {
    return Http.postJson(chatAt(node), llm.chatBody("hi", ""), "authorization", tokens.bearer());
  }

  private URI chatAt(DemoServer node) {
    return node.own(llm.openai("/chat/completions").getPath());
  }

  private static String rest(BufferedReader stream) throws IOException {
    StringBuilder rest = new StringBuilder();
    for (String line = stream.readLine(); line != null; line = stream.readLine()) {
      rest.append(line).append('\n');
    }
    return rest.toString();
  }
}

package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Provider keys, passwords, client secrets and tokens appear in no log line, error, page, metric
/// or byte on disk. ServeTest looks at traces and access lines.
@On(Shared.SQLITE)
class SecretsNowhereTest {
  private final Deployment server = Shared.of(this);

  @Test
  void nothingSecretShowsAnywhere() throws Exception {
    App app = App.publicApp(server);
    Llm llm = new Llm(server);
    Person member = Person.of(server, "member");
    List<String> seen = new ArrayList<>();
    App.Tokens tokens =
        member.give(
            app,
            app.ask(
                "[{\"type\":\"llm_access\",\"upstream\":\"openai\"},{\"type\":\"llm_access\",\"upstream\":\"anthropic\"}]"));
    for (String knob :
        List.of(
            "",
            "[[sim status=401]]",
            "[[sim status=403]]",
            "[[sim status=500]]",
            "[[sim error_midstream]]")) {
      seen.add(describe(llm.chat(tokens.bearer(), "hi " + knob)));
      seen.add(describe(llm.message(tokens.access(), "hi " + knob, "")));
      seen.add(String.join("\n", Llm.lines(llm.chatStream(tokens.bearer(), "hi " + knob))));
      if (knob.contains("401")) {
        Admin.useAgain(server, "openai");
        Admin.useAgain(server, "anthropic");
      }
    }
    seen.add(
        describe(
            Http.get(
                URI.create(
                    llm.openai("/models") + "?key=" + server.text("/upstream/openai_key")))));
    seen.add(describe(llm.chat("Bearer " + server.text("/upstream/openai_key"), "hi")));
    seen.add(describe(app.refresh(server.text("/upstream/anthropic_key"))));
    seen.add(
        describe(
            Http.postForm(
                app.endpoint("token_endpoint"),
                Map.of(
                    "grant_type",
                    "client_credentials",
                    "client_id",
                    "demo-service",
                    "client_secret",
                    server.text("/upstream/openai_key")))));
    seen.add(member.open(server.uri("/mandates")).text());
    seen.add(member.open(server.uri("/mandates/" + MainJobTest.mandate(tokens))).text());

    String metrics = Http.get(server.management("/metrics")).body();
    assertThat(metrics).contains("mandate_gateway_calls_total{");
    seen.add(metrics);
    seen.add(Http.get(server.management("/health/ready")).body());

    List<String> secrets = secrets(server);
    List<String> issued = List.of(tokens.access(), tokens.refresh());
    for (String text : seen) {
      secrets.forEach(s -> assertThat(text.contains(s)).as(text).isFalse());
    }
    issued.forEach(t -> assertThat(metrics).doesNotContain(t));
    String log = server.log();
    for (String secret : secrets) {
      // The demo prints its people's passwords on purpose; nothing else.
      assertThat(isPassword(server, secret) || !log.contains(secret)).as(log).isTrue();
    }
    issued.forEach(t -> assertThat(log).doesNotContain(t));
    List<String> all = new ArrayList<>(secrets);
    all.addAll(issued);
    Written.holdsNone(server, all);
  }

  private static List<String> secrets(Deployment server) {
    List<String> secrets =
        new ArrayList<>(
            List.of(
                server.text("/upstream/openai_key"),
                server.text("/upstream/anthropic_key"),
                server.text("/admin/api_key"),
                server.text("/clients/confidential/client_secret"),
                server.text("/clients/service/client_secret")));
    server.file().path("users").forEach(u -> secrets.add(u.path("password").asText()));
    return secrets;
  }

  private static boolean isPassword(Deployment server, String secret) {
    for (var user : server.file().path("users")) {
      if (user.path("password").asText().equals(secret)) {
        return true;
      }
    }
    return false;
  }

  private static String describe(Http.Answer answer) {
    return answer.status() + " " + answer.headers().map() + " " + answer.body();
  }
}

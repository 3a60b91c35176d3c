package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/// The example app, in its own process, approved by a person. It listens where its registration
/// says.
@On(Shared.SQLITE)
@ResourceLock("127.0.0.1:8765")
class RepoSummaryTest {
  private final Deployment server = Shared.of(this);

  @Test
  void asksIsApprovedStreamsAndIsRefusedAfterRevocation() throws Exception {
    Process app =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                DemoServer.home().resolve("examples/repo-summary/RepoSummary.java").toString(),
                server.issuer(),
                DemoServer.home().resolve("examples").toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out =
            new BufferedReader(
                new InputStreamReader(app.getInputStream(), StandardCharsets.UTF_8));
        BufferedWriter in =
            new BufferedWriter(
                new OutputStreamWriter(app.getOutputStream(), StandardCharsets.UTF_8))) {
      String line = next(out, "http");
      Person member = Person.of(server, "member");
      Visitor.Page consent = member.open(URI.create(line.strip()));
      assertThat(consent.text()).contains("Repo Summary").contains("127.0.0.1");
      Visitor.Page back =
          member.browser().submit(consent.formWith("decision").with("decision", "approve"));
      assertThat(Http.get(back.at()).body()).contains("You can close this tab");
      next(out, "Now revoke");
      Visitor.Page mandates = member.open(server.uri("/mandates"));
      Visitor.Form revoke =
          mandates.forms().stream()
              .filter(f -> f.action().getPath().endsWith("/revoke"))
              .findFirst()
              .orElseThrow();
      member.browser().submit(revoke);
      in.write("\n");
      in.flush();
      assertThat(next(out, "Refused")).contains("as it should be");
      assertThat(app.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      app.destroyForcibly();
    }
    assertThat(Map.of("exit", app.exitValue())).containsEntry("exit", 0);
  }

  private static String next(BufferedReader out, String containing) throws Exception {
    StringBuilder all = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      all.append(line).append('\n');
      if (line.contains(containing) && !line.startsWith("Approve")) {
        return line;
      }
    }
    throw new IllegalStateException("no '" + containing + "' in:\n" + all);
  }
}

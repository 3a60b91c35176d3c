package dev.mandate.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.cli.admin.Documents;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.Replay;
import dev.mandate.domain.tenant.TenantId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// `mandate replay`: what monitoring would have found in calls that the audit log has. Asks no
/// server and changes nothing.
@CommandLine.Command(
    name = "replay",
    description = "Show what monitoring would have found in an exported audit log",
    mixinStandardHelpOptions = true)
public final class ReplayCommand implements Callable<Integer> {
  /// The export names none, and nothing that is shown depends on it.
  private static final TenantId EXPORTED = new TenantId("exported");

  @CommandLine.Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "What `mandate audit list --all --json` wrote; several are one recording")
  private List<Path> files = List.of();

  @Override
  public Integer call() {
    List<Replay.Call> calls = new ArrayList<>();
    long nameless = 0;
    for (Path file : files) {
      JsonNode export = Documents.json(file);
      for (JsonNode event : export.isArray() ? export : export.path("items")) {
        Replay.Call call = read(event);
        if (call != null) {
          calls.add(call);
        } else if (event.path("type").asText().equals("call.allowed")) {
          nameless++;
        }
      }
    }
    calls.sort(Comparator.comparing(Replay.Call::at));
    Replay replay = new Replay();
    calls.forEach(replay::take);
    print(replay, nameless);
    return 0;
  }

  /// Null for what monitoring does not count, and for calls of before it was written down whose
  /// they are.
  static Replay.@Nullable Call read(JsonNode event) {
    String caller = event.at("/details/caller").asText();
    boolean allowed = event.path("type").asText().equals("call.allowed");
    if (caller.isEmpty() || !(allowed || event.path("type").asText().equals("call.refused"))) {
      return null;
    }
    return new Replay.Call(
        Instant.parse(event.path("at").asText()),
        CallerId.parse(EXPORTED, caller),
        event.at("/details/network").asText(),
        allowed ? event.at("/details/model").asText() : null,
        event.at("/details/cost_micros").asLong());
  }

  private static void print(Replay replay, long nameless) {
    long alerts = 0;
    for (Replay.Found found : replay.found()) {
      Finding.Response response = found.kind().builtIn();
      alerts += response == Finding.Response.ALERT ? 1 : 0;
      System.out.printf(
          "%s  %-6s %-9s %s: %s, expected %s%n",
          found.at(),
          response.wire(),
          found.kind().wire(),
          found.caller().text(),
          found.observed(),
          found.expected());
    }
    for (Replay.Summary one : replay.summaries()) {
      System.out.printf(
          "%s: %d calls and %d refusals in %d days%s%n",
          one.caller().text(),
          one.calls(),
          one.refusals(),
          one.days(),
          one.learned() ? "" : "; too few to know what is usual");
    }
    System.out.printf("%d alerts, %d records%n", alerts, replay.found().size() - alerts);
    if (nameless > 0) {
      System.out.printf(
          "%d calls left out: they are of before the audit log named callers and networks%n",
          nameless);
    }
  }
}

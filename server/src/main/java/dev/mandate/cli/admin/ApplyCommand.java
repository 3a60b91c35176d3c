package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.mandate.platform.json.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// `mandate apply -f FILE`: makes a tenant's upstreams, roles, clients and budgets match a file.
@CommandLine.Command(
    name = "apply",
    description = "Make a tenant's upstreams, roles, clients and budgets match a file",
    sortOptions = false,
    mixinStandardHelpOptions = true)
public final class ApplyCommand implements Callable<Integer> {
  @CommandLine.Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "YAML or JSON, `-` for the standard input")
  private Path file = Path.of("-");

  @CommandLine.Option(names = "--dry-run", description = "only say what would change")
  private boolean dryRun;

  @CommandLine.Option(
      names = "--prune",
      description = "delete what is in a section's collection and not in the file")
  private boolean prune;

  @CommandLine.Option(
      names = AdminCommands.URL,
      paramLabel = "URL",
      description = "the issuer (or " + Connection.URL_VARIABLE + ")")
  private @Nullable String url;

  @CommandLine.Option(
      names = AdminCommands.KEY_FILE,
      paramLabel = "FILE",
      description = "with an admin API key (or " + Connection.KEY_VARIABLE + ")")
  private @Nullable Path keyFile;

  @CommandLine.Option(names = AdminCommands.JSON, description = "print JSON")
  private boolean json;

  @Override
  public Integer call() {
    Connection connection = Connection.of(url, keyFile, System.getenv());
    List<Step> steps = new ApplyPlan(connection, prune).of(Documents.object(file));
    ArrayNode printed = Json.object().putArray("steps");
    for (Step step : steps) {
      Step done = dryRun ? step : step.carryOut(connection);
      if (json) {
        printed.add(done.json());
      } else {
        System.out.println(done.line());
      }
    }
    if (json) {
      System.out.println(
          Json.object().put("dry_run", dryRun).set("steps", printed).toPrettyString());
    } else if (steps.isEmpty()) {
      System.out.println("nothing to change");
    } else if (dryRun) {
      System.out.println("nothing was changed (--dry-run)");
    }
    return 0;
  }
}

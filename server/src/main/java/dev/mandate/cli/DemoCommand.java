package dev.mandate.cli;

import dev.mandate.app.DemoFile;
import dev.mandate.app.DemoOptions;
import dev.mandate.app.Launch;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// `mandate demo`: the whole product on one machine.
@CommandLine.Command(
    name = "demo",
    description = "Start with a demo tenant and a simulated provider, on loopback only",
    mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
  @CommandLine.Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "./data",
      description = "database and demo.json (default: ${DEFAULT-VALUE})")
  private Path data = Path.of("data");

  @CommandLine.Option(
      names = "--port",
      defaultValue = "8080",
      description = "0 picks a free one (default: ${DEFAULT-VALUE})")
  private int port;

  @CommandLine.Option(
      names = "--database",
      paramLabel = "URL",
      description = "postgresql://user@host:port/name instead of SQLite in the data folder")
  private @Nullable String database;

  @CommandLine.Option(
      names = "--management-port",
      description = "serve metrics and health there, 0 picks a free one (default: don't)")
  private @Nullable Integer managementPort;

  @CommandLine.Option(
      names = "--public-url",
      paramLabel = "URL",
      description = "what clients are told, for a balancer in front; loopback only")
  private @Nullable URI publicUrl;

  @CommandLine.Option(
      names = "--join",
      paramLabel = "DIR",
      description = "run another node of the demo in DIR, on the same --database")
  private @Nullable Path join;

  @Override
  public Integer call() throws InterruptedException {
    Launch.Demonstration demo =
        Launch.demo(
            new DemoOptions(
                data, port, database, managementPort, publicUrl, join, System.getenv()));
    System.out.println(welcome(demo));
    System.out.flush();
    Shutdown.await(demo.server());
    return 0;
  }

  private static String welcome(Launch.Demonstration demo) {
    StringBuilder people = new StringBuilder();
    for (DemoFile.Person person : demo.file().people()) {
      people.append(
          "    %-8s %-16s %s%n"
              .formatted(
                  person.username(), person.initialPassword().reveal(), person.role().name()));
    }
    return Welcome.TEXT
        .replace("{issuer}", demo.server().issuer())
        .replace("{people}", people.toString().stripTrailing())
        .replace("{file}", demo.path().toString())
        .replace("{service}", DemoFile.SERVICE_CLIENT)
        .replace("{app}", DemoFile.PUBLIC_CLIENT)
        .replace("{redirect}", DemoFile.REDIRECT_URI)
        .replace("{model}", demo.openaiModel());
  }
}

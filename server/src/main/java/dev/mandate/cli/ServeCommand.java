package dev.mandate.cli;

import dev.mandate.app.Launch;
import dev.mandate.app.Server;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// `mandate serve`: the production start.
@CommandLine.Command(
    name = "serve",
    description = "Start for production, from a configuration file",
    mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {
  @CommandLine.Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "YAML; docs/guides/serve.md walks through one")
  private @Nullable Path config;

  @CommandLine.Option(
      names = "--database",
      paramLabel = "URL",
      description = "postgresql://user@host:port/name instead of SQLite in the data folder")
  private @Nullable String database;

  @Override
  public Integer call() throws InterruptedException {
    if (config == null) {
      throw new IllegalStateException("--config is required");
    }
    Server server = Launch.serve(config, database, System.getenv());
    System.err.println("mandate: serving " + server.issuer());
    Shutdown.await(server);
    return 0;
  }
}

package dev.mandate.app;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a demo starts.
///
/// @param data folder of the database where there is no other, of the journal, and of demo.json
/// @param port 0 picks a free one
/// @param database URL of a PostgreSQL database instead of SQLite in the folder
/// @param managementPort of metrics and health; 0 picks a free one, null is none
/// @param publicUrl what clients are told, for a balancer in front; null is this node's own port
/// @param join data folder of the demo that this is another node of; null is a demo of its own
/// @param environment with the real providers' keys, where there are any
public record DemoOptions(
    Path data,
    int port,
    @Nullable String database,
    @Nullable Integer managementPort,
    @Nullable URI publicUrl,
    @Nullable Path join,
    Map<String, String> environment) {
  private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "[::1]");

  /// A demo of one node on SQLite, on a free port.
  public static DemoOptions alone(Path data) {
    return new DemoOptions(data, 0, null, null, null, null, Map.of());
  }

  /// With a PostgreSQL database.
  public DemoOptions on(String url) {
    return new DemoOptions(data, port, url, managementPort, publicUrl, join, environment);
  }

  /// With a management listener.
  public DemoOptions managed(int atPort) {
    return new DemoOptions(data, port, database, atPort, publicUrl, join, environment);
  }

  /// As another node of the demo in this folder.
  public DemoOptions joining(Path folder) {
    return new DemoOptions(data, port, database, managementPort, publicUrl, folder, environment);
  }

  /// Behind a balancer at this URL.
  public DemoOptions behind(URI url) {
    return new DemoOptions(data, port, database, managementPort, url, join, environment);
  }

  /// @throws StartRefused when they don't fit together
  void refuseUnfit() {
    if (publicUrl != null && !isOrigin(publicUrl)) {
      throw new StartRefused(
          "--public-url is "
              + publicUrl
              + ", expected http://localhost:PORT and nothing after it: the demo stays on this"
              + " machine");
    }
    if (join == null) {
      return;
    }
    if (database == null) {
      throw new StartRefused("--join needs --database, the one of the demo in " + join);
    }
    if (publicUrl != null) {
      throw new StartRefused("--public-url is the joined demo's; leave it away beside --join");
    }
    if (!Files.exists(join.resolve("demo.json")) || !MasterKey.isIn(join)) {
      throw new StartRefused("--join finds no demo in " + join + "; start its first node first");
    }
    try {
      if (Files.exists(data) && Files.isSameFile(data, join)) {
        throw new StartRefused("--data and --join are both " + join + ", expected a folder a node");
      }
    } catch (IOException e) {
      throw new StartRefused("cannot use the data folder " + data + ": " + e.getMessage());
    }
  }

  private static boolean isOrigin(URI url) {
    return "http".equals(url.getScheme())
        && LOOPBACK.contains(url.getHost())
        && url.toString().equals("http://" + url.getHost() + ":" + url.getPort());
  }
}

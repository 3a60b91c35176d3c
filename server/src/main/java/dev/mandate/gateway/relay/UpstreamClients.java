package dev.mandate.gateway.relay;

import dev.mandate.domain.upstream.Resilience.Capacity;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.gateway.line.Line;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One client an event loop, so that a call never changes threads between its two connections.
public final class UpstreamClients implements AutoCloseable {
  private final Vertx vertx;
  private final GatewayConfig config;

  /// Kinds of clients an event loop, beside the usual one.
  private static final int KINDS_MAX = 64;

  private static final Duration SHUTDOWN = Duration.ofHours(1);

  private final Map<Thread, Clients> clients = new ConcurrentHashMap<>();

  public UpstreamClients(Vertx vertx, GatewayConfig config) {
    this.vertx = vertx;
    this.config = config;
  }

  HttpClient of(Line line) {
    Clients mine = clients.get(Thread.currentThread());
    if (mine == null) {
      mine = clients.computeIfAbsent(Thread.currentThread(), _ -> new Clients());
    }
    Capacity capacity = line.settings().capacity();
    // Without TLS nothing says whether the other side speaks HTTP/2.
    boolean http2 = capacity.http2() && line.key().origin().startsWith("https:");
    return capacity.connectionsMax() == null && !http2
        ? mine.plain
        : mine.of(new Kind(connections(capacity), http2));
  }

  private int connections(Capacity capacity) {
    Integer own = capacity.connectionsMax();
    return own == null ? config.connectionsMax() : own;
  }

  /// What distinguishes clients; not whose they are: a connection carries no identity.
  private record Kind(int connectionsMax, boolean http2) {}

  /// Those of one event loop, which alone adds to them.
  private final class Clients {
    final HttpClient plain = open(new Kind(config.connectionsMax(), false));

    /// The one that was used the longest ago goes first.
    private final Map<Kind, HttpClient> own = new LinkedHashMap<>(16, 0.75f, true);

    synchronized HttpClient of(Kind kind) {
      HttpClient known = own.get(kind);
      if (known != null) {
        return known;
      }
      if (own.size() >= KINDS_MAX) {
        // Ends when the calls on it have.
        var eldest = own.entrySet().iterator();
        var _ = eldest.next().getValue().shutdown(SHUTDOWN);
        eldest.remove();
      }
      HttpClient opened = open(kind);
      own.put(kind, opened);
      return opened;
    }

    synchronized List<HttpClient> all() {
      List<HttpClient> all = new ArrayList<>(own.values());
      all.add(plain);
      return all;
    }
  }

  private HttpClient open(Kind kind) {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setConnectTimeout((int) config.connectTimeout().toMillis())
            .setKeepAliveTimeout((int) config.connectionKeepAlive().toSeconds())
            .setProtocolVersion(kind.http2 ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1)
            .setUseAlpn(kind.http2)
            .setHttp2ClearTextUpgrade(false)
            .setVerifyHost(true)
            .setTcpNoDelay(true)
            .setDecompressionSupported(false),
        new PoolOptions()
            .setHttp1MaxSize(kind.connectionsMax)
            .setHttp2MaxSize(kind.connectionsMax)
            .setMaxWaitQueueSize(config.connectionsMax()));
  }

  @Override
  public void close() {
    for (Clients ofLoop : clients.values()) {
      for (HttpClient client : ofLoop.all()) {
        // Null for a client that ended with the listener whose event loop it served.
        @Nullable Future<Void> closed = client.close();
        if (closed != null) {
          closed.toCompletionStage().toCompletableFuture().join();
        }
      }
    }
  }
}

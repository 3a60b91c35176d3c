package dev.mandate.gateway.relay;

import dev.mandate.gateway.GatewayConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One client an event loop, so that a call never changes threads between its two connections.
public final class UpstreamClients implements AutoCloseable {
  private final Vertx vertx;
  private final GatewayConfig config;
  private final Map<Thread, HttpClient> clients = new ConcurrentHashMap<>();

  public UpstreamClients(Vertx vertx, GatewayConfig config) {
    this.vertx = vertx;
    this.config = config;
  }

  HttpClient ofThisLoop() {
    HttpClient client = clients.get(Thread.currentThread());
    return client != null ? client : clients.computeIfAbsent(Thread.currentThread(), _ -> open());
  }

  private HttpClient open() {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setConnectTimeout((int) config.connectTimeout().toMillis())
            .setKeepAliveTimeout((int) config.connectionKeepAlive().toSeconds())
            .setVerifyHost(true)
            .setTcpNoDelay(true)
            .setDecompressionSupported(false),
        new PoolOptions()
            .setHttp1MaxSize(config.connectionsMax())
            .setMaxWaitQueueSize(config.connectionsMax()));
  }

  @Override
  public void close() {
    for (HttpClient client : clients.values()) {
      // Null for a client that ended with the listener whose event loop it served.
      @Nullable Future<Void> closed = client.close();
      if (closed != null) {
        closed.toCompletionStage().toCompletableFuture().join();
      }
    }
  }
}

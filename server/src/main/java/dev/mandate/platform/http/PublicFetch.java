package dev.mandate.platform.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Fetches a small document from an address that somebody else chose: no redirects, little time,
/// few bytes, and nothing is asked of an address that the caller does not want to reach. It is the
/// connection's own address that is judged, so a name that leads elsewhere at second sight gains
/// nothing. Blocking.
public final class PublicFetch implements AutoCloseable {
  public static final int BYTES_MAX = 64 * 1024;
  public static final Duration TIME_MAX = Duration.ofSeconds(5);

  private static final Duration CONNECT_MAX = Duration.ofSeconds(3);
  private static final int CONNECTIONS_PER_HOST_MAX = 4;
  private static final int STATUS_OK = 200;

  private final HttpClient client;

  public PublicFetch(Vertx vertx) {
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) CONNECT_MAX.toMillis())
                // A connection that is kept would be an address that was judged long ago.
                .setKeepAlive(false)
                .setVerifyHost(true)
                .setDecompressionSupported(false),
            new PoolOptions()
                .setHttp1MaxSize(CONNECTIONS_PER_HOST_MAX)
                .setMaxWaitQueueSize(CONNECTIONS_PER_HOST_MAX));
  }

  /// @param cacheControl of the answer; empty when it has none
  public record Document(byte[] body, String cacheControl) {}

  /// @param mayReach whether a connection that leads to this address may be used
  /// @throws IOException when there is no such document within the bounds
  public Document get(URI url, Predicate<InetAddress> mayReach) throws IOException {
    Promise<Document> fetched = Promise.promise();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setAbsoluteURI(url.toString())
            .setFollowRedirects(false)
            .setTimeout(TIME_MAX.toMillis())
            .putHeader("accept", "application/json")
            .putHeader("accept-encoding", "identity");
    var _ =
        client
            .request(options)
            .compose(request -> send(request, mayReach, fetched))
            .onFailure(fetched::tryFail);
    try {
      return fetched
          .future()
          .toCompletionStage()
          .toCompletableFuture()
          .get(TIME_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      fetched.tryFail(e);
      throw new IOException("no answer within " + TIME_MAX, e);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static Future<Void> send(
      HttpClientRequest request, Predicate<InetAddress> mayReach, Promise<Document> fetched) {
    request.exceptionHandler(fetched::tryFail);
    // Whoever waits has given up: the connection goes too.
    var _ = fetched.future().onFailure(_ -> request.connection().close());
    if (!mayReach(request.connection().remoteAddress(), mayReach)) {
      return Future.failedFuture("it leads to an address that may not be reached from here");
    }
    return request
        .send()
        .compose(
            response -> {
              read(response, fetched);
              return Future.succeededFuture();
            });
  }

  private static boolean mayReach(@Nullable SocketAddress peer, Predicate<InetAddress> mayReach) {
    String literal = peer == null ? null : peer.hostAddress();
    try {
      // A literal: nothing is looked up.
      return literal != null && mayReach.test(InetAddress.getByName(literal));
    } catch (UnknownHostException _) {
      return false;
    }
  }

  private static void read(HttpClientResponse response, Promise<Document> fetched) {
    if (response.statusCode() != STATUS_OK) {
      fetched.tryFail("its status is " + response.statusCode() + ", expected " + STATUS_OK);
      return;
    }
    String cacheControl = response.getHeader("cache-control");
    Buffer body = Buffer.buffer();
    response.exceptionHandler(fetched::tryFail);
    response.handler(
        chunk -> {
          if (body.length() + chunk.length() > BYTES_MAX) {
            fetched.tryFail("it has more than " + BYTES_MAX + " bytes");
          } else {
            body.appendBuffer(chunk);
          }
        });
    response.endHandler(
        _ ->
            fetched.tryComplete(
                new Document(body.getBytes(), cacheControl == null ? "" : cacheControl)));
  }

  @Override
  public void close() {
    client.close().toCompletionStage().toCompletableFuture().join();
  }
}

package dev.mandate.platform.http;

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
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Sends one request at a time to a URL that a stranger chose. The name is looked up once, every
/// address that it has must be allowed, and the connection goes to the one that was looked at: what
/// the name leads to a moment later is never asked. Redirects are answers, answers are small, and
/// all of it has an end. Blocks; for virtual threads.
public final class GuardedClient implements AutoCloseable {
  private static final int HTTPS_PORT = 443;
  private static final int HTTP_PORT = 80;

  /// Looks a name up.
  @FunctionalInterface
  public interface Resolver {
    InetAddress[] all(String host) throws UnknownHostException;
  }

  /// @param whole from the first byte sent to the last byte read
  /// @param answerBytesMax of a body; what is longer is cut off, and the connection with it
  public record Bounds(Duration connect, Duration whole, int answerBytesMax) {
    public static final Bounds STANDARD =
        new Bounds(Duration.ofSeconds(5), Duration.ofSeconds(10), 16 * 1024);
  }

  /// @param body its beginning, where it was longer than it may be
  /// @param cut whether it was
  public record Answer(int status, Headers headers, byte[] body, boolean cut) {
    @Override
    public String toString() {
      return Integer.toString(status);
    }
  }

  /// Nothing was answered. The message is fit for whoever chose the URL.
  public static final class NoAnswer extends Exception {
    NoAnswer(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private final HttpClient client;
  private final Resolver resolver;
  private final Bounds bounds;

  public GuardedClient(Vertx vertx, Resolver resolver, Bounds bounds) {
    this.resolver = resolver;
    this.bounds = bounds;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) bounds.connect().toMillis())
                .setVerifyHost(true)
                // A connection is for one request: the next one looks its address up anew.
                .setKeepAlive(false)
                .setDecompressionSupported(false),
            new PoolOptions().setHttp1MaxSize(32).setMaxWaitQueueSize(256));
  }

  /// @param url absolute, http or https
  /// @param allowed asked for every address of the host; any that is not ends it
  /// @throws NoAnswer when there is none, or none may be asked for
  public Answer send(
      String method, URI url, Headers headers, byte[] body, Predicate<InetAddress> allowed)
      throws NoAnswer {
    boolean tls = url.getScheme().equalsIgnoreCase("https");
    int port = url.getPort() >= 0 ? url.getPort() : tls ? HTTPS_PORT : HTTP_PORT;
    InetAddress address = address(url, allowed);
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.valueOf(method))
            // Where the connection goes; host and port are for TLS and the Host field.
            .setServer(SocketAddress.inetSocketAddress(port, address.getHostAddress()))
            .setHost(url.getHost())
            .setPort(port)
            .setSsl(tls)
            .setFollowRedirects(false)
            .setConnectTimeout(bounds.connect().toMillis())
            .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery());
    headers.forEach(options::addHeader);
    return await(options, body);
  }

  private InetAddress address(URI url, Predicate<InetAddress> allowed) throws NoAnswer {
    InetAddress[] all;
    try {
      all = resolver.all(url.getHost());
    } catch (UnknownHostException e) {
      throw new NoAnswer("the host has no address", e);
    }
    for (InetAddress address : all) {
      if (!allowed.test(address)) {
        throw new NoAnswer("the host leads to an address that is not public", null);
      }
    }
    if (all.length == 0) {
      throw new NoAnswer("the host has no address", null);
    }
    return all[0];
  }

  private Answer await(RequestOptions options, byte[] body) throws NoAnswer {
    CompletableFuture<Answer> answered = new CompletableFuture<>();
    AtomicReference<@Nullable HttpClientRequest> open = new AtomicReference<>();
    var _ =
        client
            .request(options)
            .compose(
                request -> {
                  open.set(request);
                  // It may have taken so long that nobody waits any more.
                  if (answered.isDone()) {
                    request.reset();
                  }
                  return request.send(Buffer.buffer(body));
                })
            .onSuccess(response -> read(response, answered))
            .onFailure(answered::completeExceptionally);
    try {
      return answered.get(bounds.whole().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new NoAnswer("no answer within " + bounds.whole().toSeconds() + " seconds", e);
    } catch (ExecutionException e) {
      throw new NoAnswer("no connection, or one that broke", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoAnswer("the server stops", e);
    } finally {
      answered.cancel(false);
      HttpClientRequest request = open.get();
      if (request != null) {
        // Of one that has ended it changes nothing.
        request.reset();
      }
    }
  }

  private void read(HttpClientResponse response, CompletableFuture<Answer> answered) {
    Buffer body = Buffer.buffer();
    Headers headers = Headers.of(response.headers());
    response.exceptionHandler(answered::completeExceptionally);
    response.endHandler(
        _ -> answered.complete(new Answer(response.statusCode(), headers, body.getBytes(), false)));
    response.handler(
        part -> {
          int room = bounds.answerBytesMax() - body.length();
          body.appendBuffer(part, 0, Math.min(room, part.length()));
          if (part.length() > room) {
            answered.complete(new Answer(response.statusCode(), headers, body.getBytes(), true));
          }
        });
  }

  @Override
  public void close() {
    client.close().toCompletionStage().toCompletableFuture().join();
  }
}

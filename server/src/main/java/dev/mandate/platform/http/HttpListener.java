package dev.mandate.platform.http;

import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.observe.RequestFacts;
import dev.mandate.platform.observe.RequestWatch;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries HTTP/1.1 and HTTP/2 between sockets and endpoints: gives each request its id, bounds its
/// body, runs plain endpoints on virtual threads, and turns what they throw into an answer that
/// tells nothing but the id.
public final class HttpListener implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpListener.class);
  private static final int DRAIN_SECONDS = 10;

  private final Vertx vertx;
  private final ListenerConfig config;
  private final Router router;
  private final Tenancy tenancy;
  private final TokenSource ids;
  private final RequestWatch watch;
  private final ExecutorService endpoints = Executors.newVirtualThreadPerTaskExecutor();
  private @Nullable String deployment;
  private int port;

  /// Without tenants below `/t/`, and watched by nobody.
  public HttpListener(Vertx vertx, ListenerConfig config, Router router, TokenSource ids) {
    this(vertx, config, router, Tenancy.NONE, ids, RequestWatch.off());
  }

  public HttpListener(
      Vertx vertx,
      ListenerConfig config,
      Router router,
      Tenancy tenancy,
      TokenSource ids,
      RequestWatch watch) {
    this.vertx = vertx;
    this.config = config;
    this.router = router;
    this.tenancy = tenancy;
    this.ids = ids;
    this.watch = watch;
  }

  /// Binds and serves.
  ///
  /// @return this, with [#port] known
  public HttpListener start() {
    if (config.port() == 0 && config.eventLoops() > 1) {
      port = freePort(config.host());
    }
    DeploymentOptions instances = new DeploymentOptions().setInstances(config.eventLoops());
    deployment = await(vertx.deployVerticle(Acceptor::new, instances));
    return this;
  }

  /// Event loops share a listener by its number only, so it must be known before they bind.
  private static int freePort(String host) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(host, 0));
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  public int port() {
    return port;
  }

  /// Stops accepting, lets open requests finish for a while, then closes.
  @Override
  public void close() {
    if (deployment != null) {
      await(vertx.undeploy(deployment));
    }
    endpoints.shutdown();
    try {
      if (!endpoints.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
        endpoints.shutdownNow();
      }
    } catch (InterruptedException e) {
      endpoints.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  /// One event loop's share of the listener.
  private final class Acceptor extends AbstractVerticle {
    @Override
    public void start(Promise<Void> started) {
      HttpServerOptions options =
          new HttpServerOptions()
              .setHost(config.host())
              .setPort(port == 0 ? config.port() : port)
              .setMaxHeaderSize(config.headerBytesMax())
              // An authorization request can carry details of some kilobytes in its query; the
              // default of 4096 bytes would cut it off with a 414 that explains nothing.
              .setMaxInitialLineLength(config.headerBytesMax())
              .setIdleTimeout((int) config.idleTimeout().toSeconds())
              .setTcpNoDelay(true)
              // No endpoint is a WebSocket: their handlers would see every message for nothing.
              .setPerFrameWebSocketCompressionSupported(false)
              .setPerMessageWebSocketCompressionSupported(false)
              .setStrictThreadMode(false);
      ListenerConfig.Tls tls = config.tls();
      if (tls != null) {
        options
            .setSsl(true)
            .setUseAlpn(true)
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .setCertPath(tls.certificateFile().toString())
                    .setKeyPath(tls.keyFile().toString()));
      }
      HttpServer server = vertx.createHttpServer(options).requestHandler(this::accept);
      server
          .listen()
          .onSuccess(
              bound -> {
                port = bound.actualPort();
                started.complete();
              })
          .onFailure(started::fail);
    }

    private void accept(HttpServerRequest exchange) {
      String id = ids.id("req");
      RequestFacts facts = watched(id, exchange);
      exchange.response().putHeader("x-request-id", id);
      String raw = rawPath(exchange.uri());
      String plain = plainPath(raw);
      if (plain == null) {
        write(exchange, problem(400, "bad_request", "the path is not a plain absolute path", id));
        return;
      }
      TenantPath at = TenantPath.of(raw, plain);
      if (at == null) {
        write(exchange, nothing(exchange, id));
      } else if (at.slug() == null) {
        dispatch(exchange, facts, at);
      } else {
        enter(exchange, facts, at, at.slug());
      }
    }

    /// A tenant that isn't served answers like a path where nothing is.
    private void enter(HttpServerRequest exchange, RequestFacts facts, TenantPath at, String slug) {
      CompletableFuture<Boolean> serves = tenancy.serves(slug);
      if (serves.isDone()) {
        entered(exchange, facts, at, serves);
        return;
      }
      Context loop = vertx.getOrCreateContext();
      exchange.pause();
      var _ =
          serves.whenComplete(
              (_, _) -> loop.runOnContext(_ -> entered(exchange, facts, at, serves)));
    }

    private void entered(
        HttpServerRequest exchange,
        RequestFacts facts,
        TenantPath at,
        CompletableFuture<Boolean> serves) {
      if (serves.isCompletedExceptionally()) {
        log.error("nobody can say whether {} is served", at.slug(), facts, serves.exceptionNow());
        write(exchange, problem(503, "unavailable", "try again", facts.id()));
      } else if (serves.resultNow()) {
        dispatch(exchange, facts, at);
      } else {
        write(exchange, nothing(exchange, facts.id()));
      }
    }

    private void dispatch(HttpServerRequest exchange, RequestFacts facts, TenantPath at) {
      String id = facts.id();
      switch (router.match(exchange.method().name(), at.slug(), at.path())) {
        case Router.Match.Found(var _, Router.Target.Streaming(var endpoint), var _) -> {
          try {
            endpoint.handle(facts, at.slug(), at.path(), exchange);
          } catch (RuntimeException e) {
            log.error("{} {} failed", exchange.method(), at, facts, e);
            write(exchange, internalError(id));
          }
        }
        case Router.Match.Found(
                var template,
                Router.Target.Blocking(var endpoint),
                var parameters) ->
            readBody(exchange, facts.route(template), at, parameters, endpoint);
        case Router.Match.WrongMethod(var allowed) ->
            write(
                exchange,
                problem(405, "method_not_allowed", "this path answers " + allowed, id)
                    .with("allow", String.join(", ", allowed)));
        case Router.Match.NotFound() -> write(exchange, nothing(exchange, id));
      }
    }

    private RequestFacts watched(String id, HttpServerRequest exchange) {
      RequestFacts facts =
          watch
              .begin(id, exchange.method().name(), exchange.getHeader("traceparent"))
              .peer(() -> peer(exchange));
      HttpServerResponse response = exchange.response();
      response.endHandler(_ -> facts.ended(response.getStatusCode()));
      response.closeHandler(
          _ -> facts.ended(response.headWritten() ? response.getStatusCode() : 0));
      return facts;
    }

    private void readBody(
        HttpServerRequest exchange,
        RequestFacts facts,
        TenantPath at,
        Map<String, String> parameters,
        Endpoint endpoint) {
      String id = facts.id();
      Context loop = vertx.getOrCreateContext();
      Buffer body = Buffer.buffer();
      exchange.exceptionHandler(e -> log.debug("{} the client went away", id, e));
      exchange.handler(
          chunk -> {
            if (body.length() + chunk.length() > config.bodyBytesMax()) {
              exchange.handler(_ -> {});
              exchange.endHandler(_ -> {});
              write(exchange, tooLarge(exchange, id));
            } else {
              body.appendBuffer(chunk);
            }
          });
      exchange.endHandler(
          _ -> {
            HttpRequest request = request(exchange, id, at, parameters, body.getBytes());
            endpoints.execute(
                () ->
                    facts.whileRunning(
                        () -> {
                          HttpResponse response = run(endpoint, request);
                          loop.runOnContext(_ -> write(exchange, response));
                        }));
          });
      // It may have waited for its tenant.
      exchange.resume();
    }

    private HttpResponse tooLarge(HttpServerRequest exchange, String id) {
      String detail = "a body here has at most " + config.bodyBytesMax() + " bytes";
      HttpResponse response = problem(413, "request_too_large", detail, id);
      // RFC 9113 §8.2.2: HTTP/2 has no such field; a client must treat it as malformed.
      return exchange.version() == HttpVersion.HTTP_2
          ? response
          : response.with("connection", "close");
    }

    /// The last line of this name, empty when there is none. Some proxies add a line of their own
    /// behind what the client sent, others a last entry to its line: only what stands last is our
    /// proxy's word, all before it is the client's.
    private String last(HttpServerRequest exchange, String name) {
      List<String> lines = exchange.headers().getAll(name);
      return lines.isEmpty() ? "" : lines.getLast();
    }

    private HttpRequest request(
        HttpServerRequest exchange,
        String id,
        TenantPath at,
        Map<String, String> parameters,
        byte[] body) {
      boolean secure =
          config.trustedProxies().contains(connected(exchange))
              ? last(exchange, "x-forwarded-proto").strip().equalsIgnoreCase("https")
              : exchange.isSSL();
      return new HttpRequest(
          id,
          exchange.method().name(),
          at.slug(),
          at.path(),
          parameters,
          exchange.query(),
          Headers.of(exchange.headers().entries()),
          body,
          peer(exchange),
          secure);
    }

    /// Who is at the other end of the connection.
    private String connected(HttpServerRequest exchange) {
      SocketAddress remote = exchange.remoteAddress();
      return remote == null || remote.hostAddress() == null ? "unknown" : remote.hostAddress();
    }

    /// The same, or what a trusted proxy says of who is behind it.
    private String peer(HttpServerRequest exchange) {
      String peer = connected(exchange);
      if (!config.trustedProxies().contains(peer)) {
        return peer;
      }
      String forwardedFor = last(exchange, "x-forwarded-for");
      String client =
          PeerAddress.forwarded(forwardedFor.substring(forwardedFor.lastIndexOf(',') + 1));
      return client == null ? peer : client;
    }
  }

  private static HttpResponse run(Endpoint endpoint, HttpRequest request) {
    try {
      return endpoint.handle(request);
    } catch (BadRequest e) {
      return problem(400, "bad_request", String.valueOf(e.getMessage()), request.id());
    } catch (RuntimeException | Error e) {
      // An error too: without an answer the client would wait for ever.
      log.error("{} failed", request, e);
      return internalError(request.id());
    }
  }

  private static HttpResponse internalError(String id) {
    return problem(500, "internal_error", "something failed here; the id finds it in the log", id);
  }

  /// An error in the shape of RFC 9457, for callers that belong to no plane of their own.
  public static HttpResponse problem(int status, String code, String detail, String id) {
    return new HttpResponse(
        status,
        Headers.NONE.with("content-type", "application/problem+json"),
        Json.bytes(
            Json.object()
                .put("type", "about:blank")
                .put("status", status)
                .put("code", code)
                .put("detail", detail)
                .put("error_id", id)));
  }

  /// The answer of a path where nothing is, for people as a page.
  public static HttpResponse nothing(HttpServerRequest exchange, String id) {
    String accept = exchange.getHeader("accept");
    if (accept == null || !accept.contains("text/html")) {
      return problem(404, "not_found", "there is nothing at this path", id);
    }
    return HttpResponse.html(
            404,
            """
            <!doctype html>
            <html lang="en"><title>Not found</title>
            <h1>Not found</h1>
            <p>There is nothing at this address. Error id: %s</p></html>
            """
                .formatted(id))
        .with("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  }

  /// Ends the exchange with this answer, unless it has ended.
  public static void write(HttpServerRequest exchange, HttpResponse response) {
    HttpServerResponse out = exchange.response();
    if (out.ended() || out.closed()) {
      return;
    }
    if (!exchange.isEnded()) {
      // A body that nobody reads must not keep the connection's next request waiting.
      exchange.resume();
    }
    out.setStatusCode(response.status());
    response.headers().forEach((name, value) -> out.headers().add(name, value));
    if (response.headers().all("cache-control").isEmpty()) {
      out.putHeader("cache-control", "no-store");
    }
    out.putHeader("x-content-type-options", "nosniff");
    if (exchange.method().equals(HttpMethod.HEAD)) {
      // RFC 9110 §9.3.2: no content; whoever reads on would take it for the next answer.
      out.putHeader("content-length", Integer.toString(response.body().length));
      out.end();
    } else {
      out.end(Buffer.buffer(response.body()));
    }
  }

  private static String rawPath(String target) {
    int question = target.indexOf('?');
    return question < 0 ? target : target.substring(0, question);
  }

  /// The decoded path, or null when it is not one that routes may be matched against: relative,
  /// with dot segments, double or encoded slashes, control characters or a broken escape. Refused
  /// rather than normalised, so that no proxy before us reads it otherwise.
  static @Nullable String plainPath(String raw) {
    if (!raw.startsWith("/") || raw.contains("//") || raw.indexOf('\\') >= 0) {
      return null;
    }
    if (raw.indexOf('%') < 0 && !raw.contains("/.")) {
      return raw;
    }
    String lower = raw.toLowerCase(java.util.Locale.ROOT);
    if (lower.contains("%2f") || lower.contains("%5c") || lower.contains("%00")) {
      return null;
    }
    String path;
    try {
      path = URI.create(raw).getPath();
    } catch (IllegalArgumentException e) {
      return null;
    }
    for (String segment : path.split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return null;
      }
    }
    return path.chars().anyMatch(c -> c < ' ') ? null : path;
  }
}

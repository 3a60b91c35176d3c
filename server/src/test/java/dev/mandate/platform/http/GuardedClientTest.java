package dev.mandate.platform.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a stranger's server can do to whoever asks it: nothing that lasts, and nothing large.
class GuardedClientTest {
  private static final int ANSWER_MAX = 1_024;

  private final Vertx vertx = Vertx.vertx();
  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private GuardedClient.Answer get(Duration whole) throws GuardedClient.NoAnswer {
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    try (GuardedClient client =
        new GuardedClient(
            vertx,
            InetAddress::getAllByName,
            new GuardedClient.Bounds(Duration.ofMinutes(1), whole, ANSWER_MAX))) {
      return client.send("GET", url, Headers.NONE, new byte[0], _ -> true);
    }
  }

  /// Otherwise whoever chose the URL fills our memory.
  @Test
  void ofALongAnswerOnlyTheBeginningIsRead() throws Exception {
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] part = new byte[8 * ANSWER_MAX];
          // Without an end, as far as the client can tell.
          while (over.getCount() > 0) {
            exchange.getResponseBody().write(part);
          }
        });
    assertThat(get(Duration.ofMinutes(1)).body()).hasSize(ANSWER_MAX);
  }

  /// Otherwise a server that says nothing, or a byte now and then, holds on to whoever asks.
  @Test
  @Timeout(60)
  void anAnswerThatDoesNotEndIsGivenUp() {
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write('x');
          exchange.getResponseBody().flush();
          try {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    assertThatThrownBy(() -> get(Duration.ofMillis(400)))
        .isInstanceOf(GuardedClient.NoAnswer.class)
        .hasMessageStartingWith("no answer within");
  }

  @Test
  void aNameWithoutAnAddressIsNoAnswer() {
    try (GuardedClient nowhere =
        new GuardedClient(vertx, _ -> new InetAddress[0], GuardedClient.Bounds.STANDARD)) {
      assertThatThrownBy(
              () ->
                  nowhere.send(
                      "GET",
                      URI.create("http://nowhere.invalid/"),
                      Headers.NONE,
                      new byte[0],
                      _ -> true))
          .isInstanceOf(GuardedClient.NoAnswer.class)
          .hasMessage("the host has no address");
    }
  }
}

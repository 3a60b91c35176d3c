package dev.mandate.platform.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.platform.crypto.TokenSource;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a client can make the listener believe of it.
class HttpListenerTest {
  private static final int HEADER_BYTES_MAX = 16_384;

  private static ListenerConfig listening(String... trusted) {
    return new ListenerConfig(
        "127.0.0.1", 0, 1024, HEADER_BYTES_MAX, Duration.ofSeconds(30), List.of(trusted), 1, null);
  }

  /// What an endpoint sees of the client: its address, and whether it spoke TLS.
  private static String seen(ListenerConfig config, String path, String... headers)
      throws Exception {
    Vertx vertx = Vertx.vertx();
    Router router =
        new Router()
            .add(
                "GET",
                "/seen",
                request ->
                    HttpResponse.text(
                        200, request.remoteAddress() + (request.secure() ? " tls" : "")));
    TokenSource ids = new TokenSource(new SecureRandom(), InstantSource.system());
    try (HttpListener listener = new HttpListener(vertx, config, router, ids).start();
        HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.port() + path));
      for (int i = 0; i < headers.length; i += 2) {
        request.header(headers[i], headers[i + 1]);
      }
      return http.send(request.build(), BodyHandlers.ofString()).body();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static final String FOR = "x-forwarded-for";

  @ParameterizedTest
  @CsvSource({
    "203.0.113.7, 203.0.113.7",
    "'10.9.9.9, 203.0.113.7', 203.0.113.7",
    "203.0.113.7:4711, 203.0.113.7",
    "2001:db8::7, 2001:db8:0:0:0:0:0:7",
    "[2001:db8::7]:4711, 2001:db8:0:0:0:0:0:7",
    "unknown, 127.0.0.1"
  })
  void theProxysWordIsReadInEverySpelling(String sent, String expected) throws Exception {
    assertThat(seen(listening("127.0.0.1"), "/seen", FOR, sent)).isEqualTo(expected);
  }

  @Test
  void severalEventLoopsShareAPortThatWasFree() throws Exception {
    ListenerConfig two =
        new ListenerConfig(
            "127.0.0.1", 0, 1024, HEADER_BYTES_MAX, Duration.ofSeconds(30), List.of(), 2, null);
    assertThat(seen(two, "/seen")).isEqualTo("127.0.0.1");
  }

  @Test
  void aLineThatTheProxyAddsBehindTheClientsOwnCounts() throws Exception {
    assertThat(
            seen(
                listening("127.0.0.1"),
                "/seen",
                FOR,
                "10.9.9.9",
                FOR,
                "203.0.113.7",
                "x-forwarded-proto",
                "https",
                "x-forwarded-proto",
                "http"))
        .isEqualTo("203.0.113.7");
  }

  @Test
  void aStrangerIsNotBelieved() throws Exception {
    assertThat(
            seen(listening("10.0.0.1"), "/seen", FOR, "203.0.113.7", "x-forwarded-proto", "https"))
        .isEqualTo("127.0.0.1");
  }

  @Test
  void aTrustedProxyIsKnownInEverySpellingAndOnlyByItsAddress() {
    assertThat(listening("::1").trustedProxies()).containsExactly("0:0:0:0:0:0:0:1");
    assertThatThrownBy(() -> listening("10.0.0.0/8")).hasMessageContaining("10.0.0.0/8");
  }

  @Test
  void aRequestLineMayBeAsLongAsHeaders() throws Exception {
    assertThat(seen(listening(), "/seen?details=" + "x".repeat(HEADER_BYTES_MAX - 100)))
        .isEqualTo("127.0.0.1");
  }
}

package dev.mandate.gateway;

import dev.mandate.domain.upstream.Provider;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.List;

/// Answers a refused call. A body that was not read is let run out, so that the connection can
/// serve the next call; a large one costs the caller its connection instead.
public final class RefusalWriter {
  private static final int DRAINED_BYTES_MAX = 1024 * 1024;

  /// RFC 9113 §7.
  private static final long INTERNAL_ERROR = 0x2;

  private static final List<String> PROVIDERS_HEAD =
      List.of(
          "content-length", "content-encoding", "retry-after", "retry-after-ms", "x-should-retry");

  private RefusalWriter() {}

  /// Ends an exchange so that the caller sees that it broke: an HTTP/2 connection, which others may
  /// share behind a proxy, lives on.
  public static void breakOff(HttpServerRequest exchange) {
    if (exchange.version() == HttpVersion.HTTP_2) {
      var _ = exchange.response().reset(INTERNAL_ERROR);
    } else {
      var _ = exchange.connection().close();
    }
  }

  public static void write(
      HttpServerRequest exchange, Provider provider, String id, Refusal refusal) {
    HttpServerResponse response = exchange.response();
    if (response.ended() || response.closed() || response.headWritten()) {
      return;
    }
    // The provider's head may be there already: its length is not that of our body, and whoever
    // believed it would read the next answer as the rest of this one (RFC 9112 §6.3).
    PROVIDERS_HEAD.forEach(response.headers()::remove);
    response.setChunked(false);
    response.setStatusCode(refusal.code().status());
    response.putHeader("content-type", "application/json");
    response.putHeader("cache-control", "no-store");
    response.putHeader("x-content-type-options", "nosniff");
    String challenge = refusal.challenge();
    if (challenge != null) {
      response.putHeader("www-authenticate", challenge);
    }
    boolean rate = refusal.code() == Refusal.Code.RATE_LIMITED;
    if (refusal.code() == Refusal.Code.BUDGET_EXHAUSTED
        || (rate && refusal.retryAfter() == null)) {
      // Retrying at once only finds the same limit (design §5).
      response.putHeader("x-should-retry", "false");
    }
    if (provider == Provider.BEDROCK) {
      response.putHeader("x-amzn-errortype", refusal.awsError());
    }
    if (refusal.retryAfter() != null) {
      if (rate) {
        // Read before the other by the SDKs of OpenAI and Anthropic, which wait and call again.
        response.putHeader("retry-after-ms", Long.toString(refusal.retryAfter().toMillis() + 1));
      }
      response.putHeader(
          "retry-after",
          Long.toString(Math.max(1, refusal.retryAfter().plusMillis(999).toSeconds())));
    }
    if (!exchange.isEnded()) {
      drain(exchange, response);
    }
    var _ = response.end(Buffer.buffer(refusal.body(provider, id)));
  }

  private static void drain(HttpServerRequest exchange, HttpServerResponse response) {
    long[] seen = {0};
    exchange.exceptionHandler(_ -> {});
    exchange.endHandler(_ -> {});
    exchange.handler(
        chunk -> {
          seen[0] += chunk.length();
          if (seen[0] > DRAINED_BYTES_MAX) {
            exchange.handler(_ -> {});
            breakOff(exchange);
          }
        });
    String length = exchange.getHeader("content-length");
    if (length != null && length.length() > 7 && exchange.version() != HttpVersion.HTTP_2) {
      response.putHeader("connection", "close");
    }
    exchange.resume();
  }
}

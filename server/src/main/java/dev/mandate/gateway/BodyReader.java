package dev.mandate.gateway;

import dev.mandate.gateway.prompting.Multipart;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Reads a call's body whole, within its bounds of size and time.
final class BodyReader {
  private final GatewayConfig config;
  private final Set<PendingCall> reading = ConcurrentHashMap.newKeySet();

  BodyReader(GatewayConfig config) {
    this.config = config;
  }

  /// @param then gets the body, or the refusal
  void read(PendingCall call, BiConsumer<@Nullable Buffer, @Nullable Throwable> then) {
    HttpServerRequest exchange = call.exchange;
    checkHead(exchange, takesForm(call));
    if ("100-continue".equalsIgnoreCase(exchange.getHeader("expect"))) {
      var _ = exchange.response().writeContinue();
    }
    call.bodyDeadline = System.nanoTime() + config.bodyTimeout().toNanos();
    reading.add(call);
    Buffer[] body = {null};
    exchange.exceptionHandler(_ -> reading.remove(call));
    exchange.handler(
        chunk -> {
          int length = (body[0] == null ? 0 : body[0].length()) + chunk.length();
          if (length > config.bodyBytesMax()) {
            reading.remove(call);
            then.accept(null, tooLarge());
          } else if (body[0] == null) {
            body[0] = chunk;
          } else {
            body[0] = body[0].length() == 0 ? chunk : appended(body[0], chunk);
          }
        });
    exchange.endHandler(
        _ -> {
          if (reading.remove(call)) {
            then.accept(body[0] == null ? Buffer.buffer() : body[0], null);
          }
        });
    exchange.resume();
  }

  private static boolean takesForm(PendingCall call) {
    return call.kept != null
        ? call.kept.takesForm()
        : call.endpoint != null && call.endpoint.takesForm();
  }

  private static Buffer appended(Buffer body, Buffer chunk) {
    return body.appendBuffer(chunk);
  }

  private void checkHead(HttpServerRequest exchange, boolean form) {
    // What we inspect is what the provider sees: no second decoder.
    String encoding = exchange.getHeader("content-encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw Refusal.of(
          Refusal.Code.UNSUPPORTED_MEDIA_TYPE, "a request body must not have a content-encoding");
    }
    String type = exchange.getHeader("content-type");
    String media = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (form && !Multipart.isForm(type)) {
      throw Refusal.of(
          Refusal.Code.UNSUPPORTED_MEDIA_TYPE,
          "content-type must be multipart/form-data with a plain boundary and nothing else");
    }
    if (!form && !media.equals("application/json")) {
      throw Refusal.of(
          Refusal.Code.UNSUPPORTED_MEDIA_TYPE, "content-type must be application/json");
    }
    String length = exchange.getHeader("content-length");
    if (length != null
        && (length.length() > 10 || Long.parseLong(length) > config.bodyBytesMax())) {
      throw tooLarge();
    }
  }

  private Refusal tooLarge() {
    return Refusal.of(
        Refusal.Code.REQUEST_TOO_LARGE,
        "a request body has at most " + config.bodyBytesMax() + " bytes");
  }

  /// Refuses those whose body takes too long.
  void check(long nanos, BiConsumer<PendingCall, Refusal> refuse) {
    for (PendingCall call : reading) {
      if (nanos - call.bodyDeadline > 0) {
        call.loop.runOnContext(
            _ -> {
              if (reading.remove(call)) {
                refuse.accept(
                    call,
                    Refusal.of(
                        Refusal.Code.REQUEST_TIMEOUT, "the request body did not arrive in time"));
              }
            });
      }
    }
  }
}

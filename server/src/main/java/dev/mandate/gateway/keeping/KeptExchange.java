package dev.mandate.gateway.keeping;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.Refusal.Code;
import dev.mandate.gateway.injecting.InwardHeaders;
import dev.mandate.gateway.injecting.OutwardHeaders;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.json.Json.MalformedJson;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One request to the provider and its answer.
final class KeptExchange {
  /// Of an answer that is read here: descriptions of objects are small.
  private static final int ANSWER_BYTES_MAX = 4 << 20;

  private final KeptCall call;
  private final ProviderKey key;
  private final HttpMethod method;
  private final String path;
  private final @Nullable String query;
  private @Nullable HttpClientRequest request;
  private boolean reset;

  KeptExchange(
      KeptCall call, ProviderKey key, HttpMethod method, String path, @Nullable String query) {
    this.call = call;
    this.key = key;
    this.method = method;
    this.path = path;
    this.query = query;
  }

  ProviderKey key() {
    return key;
  }

  void reset() {
    reset = true;
    if (request != null) {
      var _ = request.reset();
    }
  }

  /// Reads the answer whole.
  void whole(BiConsumer<HttpClientResponse, Buffer> then, Consumer<Throwable> failed) {
    send(
        head -> {
          Buffer body = Buffer.buffer();
          head.handler(
              chunk -> {
                call.progressed();
                if (body.length() + chunk.length() > ANSWER_BYTES_MAX) {
                  reset();
                  failed.accept(
                      Refusal.of(Code.UPSTREAM_UNREACHABLE, "the upstream's answer is too long"));
                } else {
                  body.appendBuffer(chunk);
                }
              });
          head.endHandler(
              _ -> {
                if (!reset) {
                  then.accept(head, body);
                }
              });
        },
        failed);
  }

  /// Lets the answer through, whatever its length.
  void through(HttpServerResponse response, Runnable then, Consumer<Throwable> failed) {
    send(
        head -> {
          response.setStatusCode(head.statusCode());
          InwardHeaders.write(head.headers(), response.headers());
          String length = head.getHeader("content-length");
          if (length != null) {
            response.putHeader("content-length", length);
          } else {
            response.setChunked(true);
          }
          head.handler(
              chunk -> {
                call.progressed();
                var _ = response.write(chunk);
                if (response.writeQueueFull()) {
                  head.pause();
                  response.drainHandler(
                      _ -> {
                        call.progressed();
                        head.resume();
                      });
                }
              });
          head.endHandler(
              _ -> {
                if (!reset) {
                  // Booked before the caller can see that the answer is whole.
                  then.run();
                  var _ = response.end();
                }
              });
        },
        failed);
  }

  private void send(Consumer<HttpClientResponse> then, Consumer<Throwable> failed) {
    Target target = call.request.target();
    String whole = target.basePath() + path + (query == null ? "" : "?" + query);
    RequestOptions options = new RequestOptions().setMethod(method).setURI(whole);
    var _ =
        call.keeping
            .relay
            .open(target, options)
            .compose(this::sent)
            .onComplete(head -> arrived(head, then, failed), why -> failed.accept(seen(why)));
  }

  private Future<HttpClientResponse> sent(HttpClientRequest opened) {
    request = opened;
    if (reset) {
      var _ = opened.reset();
      return Future.failedFuture(
          Refusal.of(Code.UPSTREAM_UNREACHABLE, "the call ended before it was sent"));
    }
    OutwardHeaders.write(
        call.request.target().provider(),
        key.secret(),
        call.request.caller().mandate(),
        call.request.exchange().headers(),
        opened.headers());
    Buffer body = method.equals(HttpMethod.POST) ? call.request.body() : null;
    if (body == null) {
      opened.headers().remove("content-type");
    } else if (call.request.route().takesForm()) {
      opened.headers().set("content-type", call.request.exchange().getHeader("content-type"));
    }
    call.started();
    key.used(call.keeping.clock.millis());
    return body == null ? opened.send() : opened.send(body);
  }

  private void arrived(
      HttpClientResponse head, Consumer<HttpClientResponse> then, Consumer<Throwable> failed) {
    call.progressed();
    int status = head.statusCode();
    if (status == 401 || status == 403) {
      // Its body can quote the key: it is not read.
      head.exceptionHandler(_ -> {});
      reset();
      call.keeping.relay.keyRefused(call.request.target(), key, status, call.request.facts().id());
      failed.accept(
          Refusal.of(
              Code.UPSTREAM_CREDENTIAL_REJECTED, "the upstream rejected the gateway's credential"));
      return;
    }
    head.exceptionHandler(
        why -> {
          if (!reset) {
            failed.accept(seen(why));
          }
        });
    then.accept(head);
  }

  private static Throwable seen(Throwable why) {
    if (why instanceof Refusal) {
      return why;
    }
    return why instanceof ConnectTimeoutException
        ? Refusal.of(Code.UPSTREAM_TIMEOUT, "the upstream did not accept a connection in time")
        : Refusal.of(Code.UPSTREAM_UNREACHABLE, "the upstream can't be reached");
  }

  /// The id of the object that an answer describes; null when it describes none.
  static @Nullable String id(Buffer json) {
    JsonNode object = object(json);
    return object != null && object.path("id").isTextual() ? object.path("id").asText() : null;
  }

  /// What an answer describes; null when it isn't JSON.
  static @Nullable JsonNode object(Buffer json) {
    try {
      return Json.parse(json.getBytes());
    } catch (MalformedJson _) {
      return null;
    }
  }
}

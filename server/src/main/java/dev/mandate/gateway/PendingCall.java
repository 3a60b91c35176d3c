package dev.mandate.gateway;

import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Mount;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/// A call on its way through the stages: what they found out so far. Touched by its event loop
/// only.
final class PendingCall {
  final String id;
  final Mount mount;
  final String path;
  final HttpServerRequest exchange;
  final Context loop;

  /// The changes heard when its rights were looked up.
  long generation;

  int restarts;
  @Nullable Caller caller;
  @Nullable Endpoint endpoint;
  @Nullable Target target;
  @Nullable Standing standing;
  @Nullable Buffer body;
  @Nullable String model;
  boolean refused;

  /// When its body must have arrived; read by the watch as well.
  volatile long bodyDeadline;

  PendingCall(String id, Mount mount, String path, HttpServerRequest exchange, Context loop) {
    this.id = id;
    this.mount = mount;
    this.path = path;
    this.exchange = exchange;
    this.loop = loop;
  }
}

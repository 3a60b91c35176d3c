package dev.mandate.gateway.relay;

import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.promptlog.PromptLog;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.CallMeters;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.caller.Callers;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Target;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Sends calls out and keeps them in the registry until they have ended.
public final class Relay implements AutoCloseable {
  private final Vertx vertx;
  private final Budgets budgets;
  private final GatewayConfig config;
  private final Callers callers;
  private final CallLog callLog;
  private final CallMeters meters;
  private final PromptLog prompts;
  private final UpstreamClients clients;
  private final OpenCalls open;
  private final Egress egress;
  private final KeyWatch keyWatch;
  private final InstantSource clock;

  public Relay(GatewayParts parts, Callers callers, CallLog callLog, CallMeters meters) {
    this.vertx = parts.vertx();
    this.budgets = parts.budgets();
    this.config = parts.config();
    this.callers = callers;
    this.callLog = callLog;
    this.meters = meters;
    this.prompts = parts.promptLog();
    this.clients = new UpstreamClients(parts.vertx(), config);
    this.egress = parts.egress();
    this.keyWatch = new KeyWatch(parts.vertx(), parts.rejections());
    this.clock = parts.clock();
    this.open = new OpenCalls(config.openCallsMax(), config.openCallsPerMandateMax());
  }

  public OpenCalls open() {
    return open;
  }

  /// Registers the call, so that the end of its rights is heard from here on.
  ///
  /// @throws Refusal when too many are under way; what was held is given back
  public RelayedCall register(Outgoing outgoing) {
    RelayedCall call = new RelayedCall(this, outgoing, vertx.getOrCreateContext());
    try {
      open.add(call);
    } catch (Refusal e) {
      budgets.release(outgoing.hold().reservation());
      throw e;
    }
    return call;
  }

  /// Takes back a registered call that must not be sent after all.
  public void withdraw(RelayedCall call, Outgoing outgoing) {
    open.remove(call);
    budgets.release(outgoing.hold().reservation());
  }

  /// Registers the call in the place of one that nobody serves.
  ///
  /// @return null when that one has ended; what was held is given back
  public @Nullable RelayedCall replace(RelayedCall before, Outgoing outgoing) {
    RelayedCall call = new RelayedCall(this, outgoing, vertx.getOrCreateContext());
    before.moved();
    if (open.replace(before, call)) {
      return call;
    }
    giveBack(outgoing);
    return null;
  }

  /// Takes that back: it must not be sent after all.
  public void putBack(RelayedCall before, RelayedCall call, Outgoing outgoing) {
    var _ = open.replace(call, before);
    giveBack(outgoing);
  }

  private void giveBack(Outgoing outgoing) {
    Elsewhere.From from = outgoing.from();
    if (from != null && from.started()) {
      // The request was sent, and refused: it counts, and costs nothing.
      budgets.settle(outgoing.hold().reservation(), Usage.NONE, 0, "upstream_error", false);
    } else {
      budgets.release(outgoing.hold().reservation());
    }
  }

  /// On the event loop that the call arrived on.
  public void send(RelayedCall call) {
    call.send();
  }

  Budgets budgets() {
    return budgets;
  }

  GatewayConfig config() {
    return config;
  }

  PromptLog prompts() {
    return prompts;
  }

  CallMeters meters() {
    return meters;
  }

  /// Whether this connection leads to where the target's tenant may reach.
  boolean mayUse(Target target, @Nullable SocketAddress peer) {
    String literal = peer == null ? null : peer.hostAddress();
    if (literal == null) {
      return false;
    }
    try {
      // A literal: nothing is looked up.
      return egress.mayConnect(
          target.upstream().tenant(), target.upstream().baseUrl(), InetAddress.getByName(literal));
    } catch (UnknownHostException _) {
      return false;
    }
  }

  /// When a call goes out, for whoever wants to know when a key was last used.
  long millis() {
    return clock.millis();
  }

  /// On the event loop that this is called on.
  void later(long millis, Runnable then) {
    vertx.setTimer(millis, _ -> then.run());
  }

  /// A connection for one exchange beside the calls of models, to where the tenant may reach.
  public Future<HttpClientRequest> open(Target target, RequestOptions options) {
    return clients
        .of(target.line())
        .request(options.setHost(target.host()).setPort(target.port()).setSsl(target.tls()))
        .compose(
            request -> {
              if (mayUse(target, request.connection().remoteAddress())) {
                return Future.succeededFuture(request);
              }
              var _ = request.reset();
              return Future.failedFuture(
                  Refusal.of(
                      Refusal.Code.UPSTREAM_UNREACHABLE, "the upstream's address is not public"));
            });
  }

  /// The provider refused this key.
  public void keyRefused(Target target, ProviderKey key, int status, String requestId) {
    keyWatch.refused(target, key, status, requestId);
  }

  Instant instant() {
    return clock.instant();
  }

  KeyWatch keyWatch() {
    return keyWatch;
  }

  UpstreamClients clients() {
    return clients;
  }

  void admitAgain(Outgoing call, Standing standing, Instant now) {
    callers.check(call.caller(), call.target().resource(), now);
    standing.live(now);
    Standing.Entry entry =
        call.caller()
            .standing(standing)
            .choose(call.target(), call.endpoint(), call.prompt().model(), now);
    if (entry.place() != call.entry().place()) {
      throw Standing.notAllowed(call.prompt().model());
    }
  }

  void finished(
      RelayedCall call,
      Outgoing outgoing,
      Settlement.@Nullable Booked booked,
      @Nullable Refusal cutBy) {
    open.remove(call);
    outgoing.endPass(booked);
    callLog.ended(outgoing, booked, cutBy);
  }

  @Override
  public void close() {
    keyWatch.close();
    clients.close();
  }
}

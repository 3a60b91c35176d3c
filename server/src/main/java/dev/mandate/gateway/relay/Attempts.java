package dev.mandate.gateway.relay;

import dev.mandate.domain.upstream.Resilience.Cause;
import dev.mandate.domain.upstream.UpstreamHealth.Failure;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.Refusal.Code;
import dev.mandate.gateway.line.Line;
import dev.mandate.gateway.mandating.Target;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Future;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Connecting, and connecting once more. A call is repeated by us only while no connection stood
/// for it: from the first write on, nobody can prove that the provider has read nothing, not even
/// where a kept connection turns out to be closed.
final class Attempts {
  private static final long PAUSE_MILLIS = 50;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;

  /// Anthropic's, for a service that has too much to do.
  private static final int OVERLOADED = 529;

  /// How long somebody else is looked for.
  static final long SEARCH_NANOS = 10_000_000_000L;

  private Attempts() {}

  static Future<HttpClientRequest> connect(UpstreamClients clients, Outgoing call) {
    Target target = call.target();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(target.host())
            .setPort(target.port())
            .setSsl(target.tls())
            .setURI(call.uri());
    options.setConnectTimeout(target.line().waits().connect() / 1_000_000);
    return clients.of(target.line()).request(options);
  }

  /// @param tries so far
  static boolean mayTryAgain(Throwable cause, int tries, Outgoing call) {
    return tries < call.target().line().settings().attemptsMax() && failure(cause) != null;
  }

  /// Doubles with each, and half of it is chance: those who failed together don't come together.
  static long pauseMillis(int tries) {
    long whole = PAUSE_MILLIS << tries;
    return whole / 2 + ThreadLocalRandom.current().nextLong(whole / 2);
  }

  /// What no connection says of the upstream; null when it says something of us only.
  static @Nullable Failure failure(Throwable cause) {
    if (cause instanceof ConnectionPoolTooBusyException) {
      return null;
    }
    return cause instanceof ConnectTimeoutException ? Failure.TIMEOUT : Failure.UNREACHABLE;
  }

  /// Null for an answer that goes to the caller whatever it says.
  static @Nullable Cause refusedForNow(int status) {
    return switch (status) {
      case TOO_MANY_REQUESTS -> Cause.RATE_LIMITED;
      case UNAVAILABLE, OVERLOADED -> Cause.OVERLOADED;
      default -> null;
    };
  }

  static boolean mayGoElsewhere(Cause cause, Outgoing call) {
    return call.elsewhere().mayGo(cause)
        || (cause == Cause.RATE_LIMITED && call.target().line().settings().otherCredentials());
  }

  static Refusal unreachable(Failure failure) {
    return failure == Failure.TIMEOUT
        ? Refusal.of(Code.UPSTREAM_TIMEOUT, "the upstream did not accept a connection in time")
        : Refusal.of(Code.UPSTREAM_UNREACHABLE, "the upstream can't be reached");
  }

  static Refusal circuitOpen(Line line) {
    return Refusal.later(
        Code.UPSTREAM_UNAVAILABLE,
        "the upstream '" + line.key().upstream() + "' has failed too often lately",
        line.retryAfter());
  }

  static Refusal busy(Line line) {
    return Refusal.later(
        Code.UPSTREAM_UNAVAILABLE,
        "as many calls are under way to '" + line.key().upstream() + "' as may be",
        line.retryAfter());
  }
}

package dev.mandate.platform.observe;

import dev.mandate.platform.metrics.Label;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.metrics.Timers;
import dev.mandate.platform.trace.TraceParent;
import dev.mandate.platform.trace.Tracing;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches a listener's requests: each gets its facts when it begins, and a measurement, an access
/// line and the end of its span when its answer has left or its client has.
public final class RequestWatch {
  /// The logger of access lines; the log treats it apart from all others.
  public static final String ACCESS_LOGGER = "dev.mandate.access";

  /// Routes come from the table of routes, so this bounds a mistake of ours and not a client.
  private static final int ROUTES_MAX = 300;

  private static final List<String> STATUS = List.of("1xx", "2xx", "3xx", "4xx", "5xx");
  private static final Logger access = LoggerFactory.getLogger(ACCESS_LOGGER);

  private final Tracing tracing;
  private final AccessLog accessLog;
  private final Label<String> routes = Label.first("route", ROUTES_MAX);
  private final Label<RequestFacts.Method> methods =
      Label.of("method", RequestFacts.Method.class, Enum::name);
  private final Label<String> statuses = Label.texts("status", STATUS);
  private final Timers requests;

  public RequestWatch(Meters meters, Tracing tracing, AccessLog accessLog) {
    this.tracing = tracing;
    this.accessLog = accessLog;
    this.requests =
        meters.timers(
            "mandate.http.request",
            "Requests by route, from the first byte of the head to the end of the answer; status"
                + " other: the client left before there was one",
            Meters.Buckets.REMOTE,
            routes,
            methods,
            statuses);
  }

  /// Watches nothing that anyone could look at.
  public static RequestWatch off() {
    return new RequestWatch(new Meters(), Tracing.OFF, AccessLog.OFF);
  }

  /// @param traceparent the field as sent
  public RequestFacts begin(String id, String method, @Nullable String traceparent) {
    RequestFacts.Method known = RequestFacts.Method.of(method);
    return new RequestFacts(
        id,
        known,
        System.nanoTime(),
        tracing.request(known.name(), TraceParent.parse(traceparent)),
        this);
  }

  void ended(RequestFacts facts) {
    int status = facts.status();
    requests.record(
        facts.tookNanos(),
        routes.at(facts.route()),
        methods.at(facts.method()),
        status >= 100 && status < 600 ? status / 100 : 0);
    boolean wanted =
        switch (accessLog) {
          case ALL -> true;
          case ERRORS -> facts.isError();
          case OFF -> false;
        };
    if (wanted) {
      access.info("request", facts);
    }
    if (facts.span().recording()) {
      facts.describe(facts.span());
      // OpenTelemetry's conventions call a server's span failed when the server is to blame.
      boolean failed = status == 0 || status >= 500;
      String code = facts.code();
      facts.span().end(failed ? (code == null ? Integer.toString(status) : code) : null);
    }
  }
}

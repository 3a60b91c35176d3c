package dev.mandate.platform.observe;

import dev.mandate.platform.trace.Span;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What is known of one request, filled in as it is found out. Holds ids and templates only: no
/// path, query, header, body or secret ever comes here, so nothing that a client made up reaches a
/// log line, a metric or a span. An id is set once the caller has proved it.
///
/// Belongs to one thread at a time: the event loop, then the endpoint's, then the event loop again.
public final class RequestFacts implements LogFields {
  /// The request that a blocking endpoint answers now. For observability only: authority and data
  /// travel as parameters. The gateway passes its facts by hand.
  static final ScopedValue<RequestFacts> CURRENT = ScopedValue.newInstance();

  /// Methods that have a name in metrics and logs; a client can send any other.
  enum Method {
    GET,
    HEAD,
    POST,
    PUT,
    PATCH,
    DELETE,
    OPTIONS,
    OTHER;

    static Method of(String name) {
      return switch (name) {
        case "GET" -> GET;
        case "HEAD" -> HEAD;
        case "POST" -> POST;
        case "PUT" -> PUT;
        case "PATCH" -> PATCH;
        case "DELETE" -> DELETE;
        case "OPTIONS" -> OPTIONS;
        default -> OTHER;
      };
    }
  }

  /// The route of what no route was found for.
  static final String NO_ROUTE = "none";

  private final String id;
  private final Method method;
  private final long startedNanos;
  private final Span span;
  private final @Nullable RequestWatch watch;
  private String route = NO_ROUTE;
  private Supplier<String> peerSource = () -> "unknown";
  private @Nullable String peer;
  private @Nullable String tenant;
  private @Nullable String client;
  private @Nullable String user;
  private @Nullable String mandate;
  private @Nullable String apiKey;
  private @Nullable String promptCategories;
  private @Nullable String code;
  private int status;
  private long tookNanos;

  RequestFacts(
      String id, Method method, long startedNanos, Span span, @Nullable RequestWatch watch) {
    this.id = id;
    this.method = method;
    this.startedNanos = startedNanos;
    this.span = span;
    this.watch = watch;
  }

  /// Of a request that nobody watches.
  public static RequestFacts unwatched(String id) {
    return new RequestFacts(id, Method.OTHER, System.nanoTime(), Span.NONE, null);
  }

  /// Those of the request that this thread answers; outside of one, some that lead nowhere.
  public static RequestFacts current() {
    return CURRENT.isBound() ? CURRENT.get() : unwatched("-");
  }

  /// Those of the request that this thread answers, or null.
  public static @Nullable RequestFacts ofThisThread() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }

  /// Runs an endpoint on behalf of this request.
  public void whileRunning(Runnable endpoint) {
    ScopedValue.where(CURRENT, this).run(endpoint);
  }

  /// The request's id, which is also its error id.
  public String id() {
    return id;
  }

  public Span span() {
    return span;
  }

  public long startedNanos() {
    return startedNanos;
  }

  /// @param address finds out where the request comes from, when somebody asks
  public RequestFacts peer(Supplier<String> address) {
    this.peerSource = address;
    return this;
  }

  /// The peer's address, or what a trusted proxy says of it: for whoever decides by it. No log
  /// line, metric or span has it; the audit log has its network. On the event loop only.
  public String peer() {
    if (peer == null) {
      peer = peerSource.get();
    }
    return peer;
  }

  /// @param template of the route, never the path
  public RequestFacts route(String template) {
    this.route = template;
    return this;
  }

  public RequestFacts tenant(String id) {
    this.tenant = id;
    return this;
  }

  public RequestFacts client(String id) {
    this.client = id;
    return this;
  }

  public RequestFacts user(String id) {
    this.user = id;
    return this;
  }

  public RequestFacts mandate(String id) {
    this.mandate = id;
    return this;
  }

  public RequestFacts apiKey(String id) {
    this.apiKey = id;
    return this;
  }

  /// @param names of categories that a prompt was found to be of, or was declared as; none is ""
  public RequestFacts promptCategories(String names) {
    this.promptCategories = names;
    return this;
  }

  /// Null where nobody looked, or nothing was found.
  public @Nullable String promptCategories() {
    return promptCategories == null || promptCategories.isEmpty() ? null : promptCategories;
  }

  /// @param code of the refusal, of a closed set
  public RequestFacts code(String code) {
    this.code = code;
    return this;
  }

  /// The answer has left, or the client has; only the first time counts.
  ///
  /// @param httpStatus 0 when there was none
  public void ended(int httpStatus) {
    if (watch != null && tookNanos == 0) {
      this.status = httpStatus;
      this.tookNanos = Math.max(1, System.nanoTime() - startedNanos);
      watch.ended(this);
    }
  }

  Method method() {
    return method;
  }

  String route() {
    return route;
  }

  /// 0 when the client was gone before there was one.
  int status() {
    return status;
  }

  long tookNanos() {
    return tookNanos;
  }

  @Nullable String code() {
    return code;
  }

  boolean isError() {
    return status == 0 || status >= 400 || code != null;
  }

  void describe(Span to) {
    to.named(method + " " + route)
        .put("http.request.method", method.name())
        .put("http.route", route)
        .put("mandate.request_id", id)
        .put("mandate.tenant", tenant)
        .put("mandate.client_id", client)
        .put("mandate.mandate_id", mandate)
        .put("mandate.api_key_id", apiKey);
    if (status != 0) {
      to.put("http.response.status_code", status);
    }
  }

  @Override
  public void fields(BiConsumer<String, Object> to) {
    to.accept("request_id", id);
    put(to, "trace_id", span.traceId());
    put(to, "span_id", span.spanId());
    put(to, "tenant", tenant);
    put(to, "client_id", client);
    put(to, "user_id", user);
    put(to, "mandate_id", mandate);
    put(to, "api_key_id", apiKey);
    if (tookNanos != 0) {
      to.accept("method", method.name());
      to.accept("route", route);
      to.accept("status", status);
      to.accept("duration_ms", Math.round(tookNanos / 1e4) / 1e2);
      put(to, "code", code);
      put(to, "prompt_categories", promptCategories());
    }
  }

  private static void put(BiConsumer<String, Object> to, String name, @Nullable String value) {
    if (value != null) {
      to.accept(name, value);
    }
  }

  @Override
  public String toString() {
    return id;
  }
}

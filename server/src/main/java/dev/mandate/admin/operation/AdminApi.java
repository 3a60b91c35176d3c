package dev.mandate.admin.operation;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import dev.mandate.platform.observe.RequestFacts;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The admin API: what is the same for every operation, in the order in which it happens.
///
/// ```
/// issuer → caller → bound → scope → query → idempotency → [body → precondition → work] → audit
/// ```
///
/// A caller without the scope hears nothing about the rest of its request, and a repeated request
/// is answered before its precondition is looked at: the first one has changed what it names.
public final class AdminApi {
  /// Its own description, for everybody.
  public static final String DOCUMENT = AdminScope.RESOURCE + "/openapi.json";

  private final Issuers issuers;
  private final Callers callers;
  private final Repeats repeats;
  private final AuditStore audit;
  private final InstantSource clock;
  private final List<Operation> operations;
  private final Bounds bounds = new Bounds();

  public AdminApi(
      Issuers issuers,
      Callers callers,
      Repeats repeats,
      AuditStore audit,
      InstantSource clock,
      List<Operation> operations) {
    this.issuers = issuers;
    this.callers = callers;
    this.repeats = repeats;
    this.audit = audit;
    this.clock = clock;
    this.operations = List.copyOf(operations);
    Set<String> ids = new HashSet<>();
    for (Operation operation : operations) {
      if (!ids.add(operation.id())
          || operation.summary().isEmpty()
          || operation.changes() != (operation.event() != null)) {
        throw new IllegalStateException(
            operation.id() + " is there twice, says nothing, or changes without an audit event");
      }
    }
  }

  public void mount(Router router) {
    for (Operation operation : operations) {
      Compiled compiled = new Compiled(operation);
      router.add(
          operation.method(),
          AdminScope.RESOURCE + operation.path(),
          request -> callers.marked(issuers.of(request), request, handle(compiled, request)));
    }
    router.add("GET", DOCUMENT, document());
  }

  private Endpoint document() {
    OpenApi document = new OpenApi(operations);
    return request ->
        HttpResponse.json(200, document.at(issuers.of(request)))
            .with("cache-control", "public, max-age=300");
  }

  private HttpResponse handle(Compiled compiled, HttpRequest request) {
    Issuer issuer = issuers.of(request);
    Caller caller;
    try {
      caller = callers.authenticate(issuer, request);
      bounds.enter(caller);
    } catch (Refused e) {
      return refused(request, e);
    }
    try {
      HttpResponse response = allowed(compiled, issuer, caller, request);
      callers.count(caller, request, response.status());
      return response;
    } catch (Refused e) {
      callers.count(caller, request, e.problem().status());
      auditRefusal(compiled.operation(), caller, request, e);
      return refused(request, e);
    } finally {
      bounds.leave(caller);
    }
  }

  private static HttpResponse refused(HttpRequest request, Refused e) {
    RequestFacts.current().code(e.problem().code());
    return e.response(request.id());
  }

  private HttpResponse allowed(
      Compiled compiled, Issuer issuer, Caller caller, HttpRequest request) {
    Operation operation = compiled.operation();
    Callers.require(issuer, caller, operation.scope());
    Call call =
        new Call(
            issuer,
            caller,
            request.id(),
            request.pathParameters(),
            compiled.query(request),
            clock.instant());
    return operation.isRepeatable()
        ? repeats.run(call, request, () -> run(compiled, call, request))
        : run(compiled, call, request);
  }

  private HttpResponse run(Compiled compiled, Call call, HttpRequest request) {
    Runner.Outcome outcome = Runner.run(compiled, call, request);
    String event = compiled.operation().event();
    if (event != null) {
      audit.append(
          List.of(
              event(event, compiled.operation(), call.caller(), request, outcome.subject(), "ok")));
    }
    return outcome.response();
  }

  /// Refused changes and every lack of scope; that a filter was misspelled is nobody's concern.
  private void auditRefusal(
      Operation operation, Caller caller, HttpRequest request, Refused refused) {
    String type = operation.event();
    if (type == null && refused.problem().status() != 403) {
      return;
    }
    String subject = String.join("/", request.pathParameters().values());
    audit.appendLater(
        event(
            type == null ? "admin.refused" : type,
            operation,
            caller,
            request,
            subject,
            refused.problem().code()));
  }

  private AuditEvent event(
      String type,
      Operation operation,
      Caller caller,
      HttpRequest request,
      String subject,
      String outcome) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("by", "admin_api");
    details.put("operation", operation.id());
    if (!subject.isEmpty()) {
      details.put("subject", shortened(subject));
    }
    if (caller.client() != null) {
      details.put("client", caller.client().value());
    }
    if (caller.mandate() != null) {
      details.put("caller_mandate", caller.mandate().value());
    }
    String mandate = request.pathParameters().get("mandate_id");
    return new AuditEvent(
        caller.tenant(),
        clock.instant(),
        type,
        caller.actor(),
        mandate == null ? null : shortened(mandate),
        outcome,
        request.id(),
        details);
  }

  private static String shortened(String text) {
    return text.length() <= Schema.CHARACTERS_MAX ? text : text.substring(0, Schema.CHARACTERS_MAX);
  }
}

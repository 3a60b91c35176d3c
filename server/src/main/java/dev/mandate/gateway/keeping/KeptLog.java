package dev.mandate.gateway.keeping;

import dev.mandate.domain.audit.AuditEvent;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes down which object a call reached, and by which route; not what is in it (design §10).
final class KeptLog {
  private KeptLog() {}

  /// @param object the provider's id of what was made or reached; null for a list
  /// @param result `ok`, or the code of the refusal that it ended with
  static void ended(
      Keeping keeping, Keeping.Request request, @Nullable String object, String result) {
    KeptRoute.Row row = request.route().row();
    Map<String, String> details = new HashMap<>();
    details.put("upstream", request.target().upstream().name());
    details.put("endpoint", row.name());
    details.put("route", row.method() + " " + row.template());
    if (object != null) {
      details.put("object", object);
    }
    String trace = request.facts().span().traceId();
    if (trace != null) {
      details.put("trace_id", trace);
    }
    keeping
        .parts
        .audit()
        .appendLater(
            new AuditEvent(
                request.caller().tenant(),
                keeping.clock.instant(),
                "call.allowed",
                actor(request),
                request.caller().mandate().value(),
                result,
                request.facts().id(),
                details));
  }

  private static String actor(Keeping.Request request) {
    if (request.caller().apiKey() != null) {
      return request.caller().apiKey().value();
    }
    return request.mandate().user() == null
        ? request.mandate().client().value()
        : request.mandate().user().value();
  }
}

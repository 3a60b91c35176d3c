package dev.mandate.admin.operation;

import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.json.JsonSchema.Violation;
import java.util.List;

/// Ends an operation with a [Problem]. Nothing was changed.
public final class Refused extends RuntimeException {
  private final transient Problem problem;
  private final transient List<Violation> errors;
  private final transient Headers headers;

  Refused(Problem problem, String detail, List<Violation> errors, Headers headers) {
    super(detail, null, false, false);
    this.problem = problem;
    this.errors = List.copyOf(errors);
    this.headers = headers;
  }

  public Problem problem() {
    return problem;
  }

  Refused with(String header, String value) {
    return new Refused(problem, String.valueOf(getMessage()), errors, headers.with(header, value));
  }

  HttpResponse response(String requestId) {
    HttpResponse bare = problem.response(String.valueOf(getMessage()), errors, requestId);
    Headers all = bare.headers();
    for (String name : List.of("www-authenticate", "retry-after", "accept")) {
      String value = headers.first(name);
      all = value == null ? all : all.with(name, value);
    }
    return new HttpResponse(bare.status(), all, bare.body());
  }
}

package dev.mandate.admin.leak;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.apikey.LeakedKeys;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.json.Json;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `POST /api/leaked-keys`: a JSON array of objects with a `token`, as GitHub's secret scanning
/// sends it (`[{"token": …, "type": …, "url": …, "source": …}]`), or one object with an `api_key`.
///
/// Public, and of the server as a whole: a finder knows no tenant. Having the key is the proof. The
/// answer says how many entries were read, and is the same whatever they were.
public final class LeakReportEndpoint implements Endpoint {
  public static final String PATH = "/api/leaked-keys";

  static final int BYTES_MAX = 64 * 1024;
  static final int ENTRIES_MAX = 100;

  private final LeakedKeys leaks;
  private final ReportThrottle throttle;

  public LeakReportEndpoint(LeakedKeys leaks, ReportThrottle throttle) {
    this.leaks = leaks;
    this.throttle = throttle;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    if (!throttle.admit(request.remoteAddress())) {
      return refused(request, 429, "too_many_requests", "too many reports, try again in a minute")
          .with("retry-after", String.valueOf(ReportThrottle.WINDOW.toSeconds()));
    }
    if (request.body().length > BYTES_MAX) {
      String most = "a report has at most " + BYTES_MAX + " bytes";
      return refused(request, 413, "request_too_large", most);
    }
    String type = request.headers().first("content-type");
    if (type == null
        || !type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals("application/json")) {
      return refused(request, 415, "unsupported_media_type", "content-type: application/json");
    }
    JsonNode report;
    try {
      report = Json.parse(request.body());
    } catch (Json.MalformedJson e) {
      return refused(request, 400, "invalid_request", "the report is " + e.getMessage());
    }
    int entries = report.isArray() ? report.size() : 1;
    if (entries > ENTRIES_MAX) {
      String most = "a report has at most " + ENTRIES_MAX + " entries, send another";
      return refused(request, 413, "request_too_large", most);
    }
    Set<String> candidates = new LinkedHashSet<>();
    for (JsonNode entry : report.isArray() ? report : Json.object().arrayNode().add(report)) {
      String candidate = candidate(entry);
      if (candidate == null) {
        return refused(
            request,
            400,
            "invalid_request",
            "a report is an array of objects with a token, or an object with an api_key");
      }
      candidates.add(candidate);
    }
    candidates.forEach(candidate -> leaks.reported(Secret.of(candidate), request.id()));
    return HttpResponse.json(200, Json.object().put("received", entries)).noStore();
  }

  private static @Nullable String candidate(JsonNode entry) {
    String token = entry.path("token").textValue();
    return token == null ? entry.path("api_key").textValue() : token;
  }

  private static HttpResponse refused(HttpRequest request, int status, String code, String detail) {
    return HttpListener.problem(status, code, detail, request.id());
  }
}

package dev.mandate.platform.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The table that says which request goes where. Built once at start, then only read.
///
/// A template is a path whose segments may be `{name}`; a prefix ends in `/` and takes everything
/// below it, before any template is tried. Templates are tried in the order in which they were
/// added.
public final class Router {
  /// Where a request goes.
  public sealed interface Target {
    /// A plain endpoint on a virtual thread.
    record Blocking(Endpoint endpoint) implements Target {}

    /// The raw exchange on the event loop.
    record Streaming(StreamingEndpoint endpoint) implements Target {}
  }

  /// One row of the table, for `docs/reference/endpoints.md`.
  public record Route(String method, String template, Target target) {}

  sealed interface Match {
    /// @param template of the route, for whoever counts
    record Found(
        String template, Target target, Map<String, String> pathParameters, String rest)
        implements Match {}

    record WrongMethod(List<String> allowed) implements Match {}

    record NotFound() implements Match {}
  }

  private final List<Route> routes = new ArrayList<>();
  private final List<Route> prefixes = new ArrayList<>();

  public Router add(String method, String template, Endpoint endpoint) {
    routes.add(new Route(method, template, new Target.Blocking(endpoint)));
    return this;
  }

  /// All methods and paths below `prefix`.
  public Router stream(String prefix, StreamingEndpoint endpoint) {
    if (!prefix.endsWith("/")) {
      throw new IllegalArgumentException("a prefix ends in '/': " + prefix);
    }
    Route route = new Route("*", prefix, new Target.Streaming(endpoint));
    routes.add(route);
    prefixes.add(route);
    return this;
  }

  public List<Route> routes() {
    return List.copyOf(routes);
  }

  Match match(String method, String path) {
    // First, and without taking paths apart: most requests go there.
    for (Route prefix : prefixes) {
      if (path.startsWith(prefix.template)) {
        return new Match.Found(
            prefix.template, prefix.target, Map.of(), path.substring(prefix.template.length() - 1));
      }
    }
    List<String> allowed = new ArrayList<>();
    for (Route route : routes) {
      if (route.target instanceof Target.Streaming) {
        continue;
      }
      Map<String, String> parameters = parameters(route.template, path);
      if (parameters == null) {
        continue;
      }
      if (route.method.equals(method) || (route.method.equals("GET") && method.equals("HEAD"))) {
        return new Match.Found(route.template, route.target, parameters, path);
      }
      allowed.add(route.method);
    }
    return allowed.isEmpty() ? new Match.NotFound() : new Match.WrongMethod(allowed);
  }

  private static @Nullable Map<String, String> parameters(String template, String path) {
    if (template.equals(path)) {
      return Map.of();
    }
    if (template.indexOf('{') < 0) {
      return null;
    }
    String[] expected = template.split("/", -1);
    String[] actual = path.split("/", -1);
    if (expected.length != actual.length) {
      return null;
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 0; i < expected.length; i++) {
      if (expected[i].startsWith("{")) {
        if (actual[i].isEmpty()) {
          return null;
        }
        parameters.put(expected[i].substring(1, expected[i].length() - 1), actual[i]);
      } else if (!expected[i].equals(actual[i])) {
        return null;
      }
    }
    return parameters;
  }
}

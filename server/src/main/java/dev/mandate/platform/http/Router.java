package dev.mandate.platform.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The table that says which request goes where. Built once at start, then only read. Every tenant
/// has the same routes below its root.
///
/// A template is a path whose segments may be `{name}`, but not the first one. Templates are tried
/// in the order in which they were added; a path whose first segment no template has goes to the
/// streaming endpoint.
public final class Router {
  /// Where a request goes.
  public sealed interface Target {
    /// A plain endpoint on a virtual thread.
    record Blocking(Endpoint endpoint) implements Target {}

    /// The raw exchange on the event loop.
    record Streaming(StreamingEndpoint endpoint) implements Target {}
  }

  /// One row of the table, for `docs/reference/endpoints.md`.
  ///
  /// @param everyTenants whether it is there below `/t/{slug}` too, or at the root only
  public record Route(String method, String template, Target target, boolean everyTenants) {}

  sealed interface Match {
    record Found(Target target, Map<String, String> pathParameters) implements Match {}

    record WrongMethod(List<String> allowed) implements Match {}

    record NotFound() implements Match {}
  }

  /// How the streaming endpoint stands in [#routes].
  public static final String OTHERWISE = "/{upstream}/";

  private final List<Route> routes = new ArrayList<>();
  private final Set<String> firstSegments = new LinkedHashSet<>();
  private @Nullable Route otherwise;

  public Router add(String method, String template, Endpoint endpoint) {
    return add(new Route(method, template, new Target.Blocking(endpoint), true));
  }

  /// A route of the server as a whole: it is not there below any tenant's root.
  public Router addAtRoot(String method, String template, Endpoint endpoint) {
    return add(new Route(method, template, new Target.Blocking(endpoint), false));
  }

  private Router add(Route route) {
    String first = firstSegment(route.template);
    if (!first.startsWith("/") || first.startsWith("/{")) {
      throw new IllegalArgumentException("the first segment must be plain: " + route.template);
    }
    routes.add(route);
    firstSegments.add(first);
    return this;
  }

  /// What serves all methods and paths that begin with no template's first segment.
  public Router otherwise(StreamingEndpoint endpoint) {
    otherwise = new Route("*", OTHERWISE, new Target.Streaming(endpoint), true);
    return this;
  }

  public List<Route> routes() {
    List<Route> all = new ArrayList<>(routes);
    if (otherwise != null) {
      all.add(otherwise);
    }
    return List.copyOf(all);
  }

  private static String firstSegment(String path) {
    int end = path.indexOf('/', 1);
    return end < 0 ? path : path.substring(0, end);
  }

  /// @param slug null at the root
  Match match(String method, @Nullable String slug, String path) {
    // First, and without taking paths apart: most requests go there.
    if (otherwise != null && !hasFirstSegment(path)) {
      return new Match.Found(otherwise.target, Map.of());
    }
    List<String> allowed = new ArrayList<>();
    for (Route route : routes) {
      Map<String, String> parameters =
          slug == null || route.everyTenants ? parameters(route.template, path) : null;
      if (parameters == null) {
        continue;
      }
      if (route.method.equals(method) || (route.method.equals("GET") && method.equals("HEAD"))) {
        return new Match.Found(route.target, parameters);
      }
      allowed.add(route.method);
    }
    return allowed.isEmpty() ? new Match.NotFound() : new Match.WrongMethod(allowed);
  }

  private boolean hasFirstSegment(String path) {
    for (String first : firstSegments) {
      if (path.startsWith(first)
          && (path.length() == first.length() || path.charAt(first.length()) == '/')) {
        return true;
      }
    }
    return false;
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

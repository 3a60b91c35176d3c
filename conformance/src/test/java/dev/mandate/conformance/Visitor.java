package dev.mandate.conformance;

import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A person with a browser that knows only plain HTML: cookies, redirects, forms. No JavaScript.
final class Visitor {
  private static final Pattern FORM = Pattern.compile("(?is)<form\\b([^>]*)>(.*?)</form>");
  private static final Pattern CONTROL =
      Pattern.compile("(?is)<(input|button|select|textarea)\\b([^>]*)>(.*?(?=</\\1>)|)");
  private static final Pattern ATTRIBUTE =
      Pattern.compile("([\\w:.-]+)(?:\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)'|([^\\s\"'>]+)))?");

  private final Map<String, String> cookies = new LinkedHashMap<>();

  /// What the visitor sees.
  record Page(URI at, Http.Answer answer) {
    String text() {
      return answer.body();
    }

    List<Form> forms() {
      List<Form> forms = new ArrayList<>();
      Matcher matcher = FORM.matcher(answer.body());
      while (matcher.find()) {
        forms.add(Form.read(at, attributes(matcher.group(1)), matcher.group(2)));
      }
      return forms;
    }

    /// The form that has a field or button of this name.
    Form formWith(String name) {
      return forms().stream()
          .filter(f -> f.names().contains(name))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "no form with '"
                          + name
                          + "' at "
                          + at
                          + " ("
                          + answer.status()
                          + "):\n"
                          + answer.body()));
    }
  }

  /// A form with the values that a browser would send.
  record Form(
      URI action, String method, List<Map.Entry<String, String>> fields, List<String> names) {
    static Form read(URI at, Map<String, String> attributes, String inner) {
      List<Map.Entry<String, String>> fields = new ArrayList<>();
      List<String> names = new ArrayList<>();
      Matcher controls = CONTROL.matcher(inner);
      while (controls.find()) {
        Map<String, String> control = attributes(controls.group(2));
        String name = control.get("name");
        if (name == null) {
          continue;
        }
        names.add(name);
        String kind = controls.group(1).toLowerCase(Locale.ROOT);
        String type = control.getOrDefault("type", "text");
        if (kind.equals("select")) {
          selected(controls.group(3), inner, controls.end())
              .ifPresent(v -> fields.add(Map.entry(name, v)));
        } else if (kind.equals("button") || type.equals("submit")) {
          // Only the pressed button is sent, see with().
        } else if (type.equals("checkbox") || type.equals("radio")) {
          if (control.containsKey("checked")) {
            fields.add(Map.entry(name, control.getOrDefault("value", "on")));
          }
        } else {
          fields.add(Map.entry(name, control.getOrDefault("value", "")));
        }
      }
      String action = attributes.getOrDefault("action", "");
      return new Form(
          action.isEmpty() ? at : at.resolve(action),
          attributes.getOrDefault("method", "get").toLowerCase(Locale.ROOT),
          fields,
          names);
    }

    private static java.util.Optional<String> selected(String inside, String inner, int from) {
      String options =
          inside.isEmpty()
              ? inner.substring(from, Math.max(from, inner.indexOf("</select", from)))
              : inside;
      Matcher option = Pattern.compile("(?is)<option\\b([^>]*)>").matcher(options);
      String first = null;
      while (option.find()) {
        Map<String, String> attributes = attributes(option.group(1));
        String value = attributes.getOrDefault("value", "");
        if (attributes.containsKey("selected")) {
          return java.util.Optional.of(value);
        }
        first = first == null ? value : first;
      }
      return java.util.Optional.ofNullable(first);
    }

    /// The form with all values of this name replaced by one.
    Form with(String name, String value) {
      List<Map.Entry<String, String>> changed = new ArrayList<>(fields);
      changed.removeIf(e -> e.getKey().equals(name));
      changed.add(Map.entry(name, value));
      return new Form(action, method, changed, names);
    }

    Form without(String name, String value) {
      List<Map.Entry<String, String>> changed = new ArrayList<>(fields);
      changed.removeIf(e -> e.getKey().equals(name) && e.getValue().equals(value));
      return new Form(action, method, changed, names);
    }
  }

  private static Map<String, String> attributes(String text) {
    Map<String, String> attributes = new LinkedHashMap<>();
    Matcher matcher = ATTRIBUTE.matcher(text);
    while (matcher.find()) {
      String value =
          matcher.group(2) != null
              ? matcher.group(2)
              : matcher.group(3) != null ? matcher.group(3) : matcher.group(4);
      attributes.put(
          matcher.group(1).toLowerCase(Locale.ROOT), unescape(value == null ? "" : value));
    }
    return attributes;
  }

  private static String unescape(String html) {
    return html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }

  /// Opens an address and follows redirects as long as they stay on this server; a redirect away is
  /// the last page.
  Page open(URI uri) {
    return follow(uri, request(uri).GET());
  }

  Page submit(Form form) {
    if (form.method().equals("get")) {
      return open(URI.create(form.action() + "?" + Http.form(form.fields())));
    }
    return follow(
        form.action(),
        request(form.action())
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(Http.form(form.fields()))));
  }

  private HttpRequest.Builder request(URI uri) {
    HttpRequest.Builder request = Http.to(uri);
    if (!cookies.isEmpty()) {
      StringBuilder header = new StringBuilder();
      cookies.forEach(
          (n, v) -> header.append(header.isEmpty() ? "" : "; ").append(n).append('=').append(v));
      request.header("cookie", header.toString());
    }
    return request;
  }

  private Page follow(URI uri, HttpRequest.Builder request) {
    URI at = uri;
    Http.Answer answer = remember(Http.send(request));
    for (int hops = 0; answer.status() >= 300 && answer.status() < 400; hops++) {
      if (hops > 10) {
        throw new IllegalStateException("redirected for ever at " + at);
      }
      URI next = at.resolve(answer.header("location"));
      if (!next.getAuthority().equals(uri.getAuthority())) {
        return new Page(next, answer);
      }
      at = next;
      answer = remember(Http.send(request(at).GET()));
    }
    return new Page(at, answer);
  }

  private Http.Answer remember(Http.Answer answer) {
    for (String cookie : answer.headers().allValues("set-cookie")) {
      String pair = cookie.split(";", 2)[0];
      int equals = pair.indexOf('=');
      String name = pair.substring(0, equals).strip();
      String value = pair.substring(equals + 1).strip();
      if (value.isEmpty() || cookie.toLowerCase(Locale.ROOT).contains("max-age=0")) {
        cookies.remove(name);
      } else {
        cookies.put(name, value);
      }
    }
    return answer;
  }

  Map<String, String> cookies() {
    return cookies;
  }
}

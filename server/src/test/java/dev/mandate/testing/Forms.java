package dev.mandate.testing;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the forms of a page as a browser without JavaScript would send them.
public final class Forms {
  private static final Pattern FORM =
      Pattern.compile("<form\\b([^>]*)>(.*?)</form>", Pattern.DOTALL);
  private static final Pattern CONTROL =
      Pattern.compile("<(input|select)\\b([^>]*)>", Pattern.DOTALL);
  private static final Pattern OPTION = Pattern.compile("<option\\b([^>]*)>");
  private static final Pattern ATTRIBUTE = Pattern.compile("([a-z-]+)(?:=\"([^\"]*)\")?");

  private Forms() {}

  /// A form with what it would send.
  public record Form(String action, Map<String, List<String>> values) {
    public Form with(String name, String... replaced) {
      Map<String, List<String>> changed = new LinkedHashMap<>(values);
      changed.put(name, List.of(replaced));
      return new Form(action, changed);
    }

    public Form without(String name) {
      Map<String, List<String>> changed = new LinkedHashMap<>(values);
      changed.remove(name);
      return new Form(action, changed);
    }

    public @Nullable String first(String name) {
      List<String> all = values.get(name);
      return all == null ? null : all.getFirst();
    }

    public String encoded() {
      List<String> pairs = new ArrayList<>();
      values.forEach(
          (name, all) -> all.forEach(one -> pairs.add(encode(name) + "=" + encode(one))));
      return String.join("&", pairs);
    }
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /// The only form whose action ends like this.
  public static Form form(String html, String actionEnds) {
    List<Form> found = all(html).stream().filter(f -> f.action().endsWith(actionEnds)).toList();
    if (found.isEmpty()) {
      throw new NoSuchElementException("no form to …" + actionEnds + " in:\n" + html);
    }
    return found.getLast();
  }

  public static List<Form> all(String html) {
    List<Form> forms = new ArrayList<>();
    Matcher form = FORM.matcher(html);
    while (form.find()) {
      forms.add(
          new Form(attributes(form.group(1)).getOrDefault("action", ""), values(form.group(2))));
    }
    return forms;
  }

  private static Map<String, List<String>> values(String body) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    Matcher control = CONTROL.matcher(body);
    while (control.find()) {
      Map<String, String> attributes = attributes(control.group(2));
      String name = attributes.get("name");
      if (name == null) {
        continue;
      }
      if (control.group(1).equals("select")) {
        String options = body.substring(control.end(), body.indexOf("</select>", control.end()));
        values.computeIfAbsent(name, _ -> new ArrayList<>()).add(selected(options));
      } else if (!"checkbox".equals(attributes.get("type")) || attributes.containsKey("checked")) {
        values
            .computeIfAbsent(name, _ -> new ArrayList<>())
            .add(attributes.getOrDefault("value", ""));
      }
    }
    return values;
  }

  private static String selected(String options) {
    Matcher option = OPTION.matcher(options);
    String first = null;
    while (option.find()) {
      Map<String, String> attributes = attributes(option.group(1));
      String value = attributes.getOrDefault("value", "");
      if (attributes.containsKey("selected")) {
        return value;
      }
      first = first == null ? value : first;
    }
    return first == null ? "" : first;
  }

  private static Map<String, String> attributes(String tag) {
    Map<String, String> attributes = new LinkedHashMap<>();
    Matcher attribute = ATTRIBUTE.matcher(tag);
    while (attribute.find()) {
      String value = attribute.group(2);
      attributes.put(attribute.group(1), value == null ? "" : plain(value));
    }
    return attributes;
  }

  private static String plain(String escaped) {
    return escaped
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }
}

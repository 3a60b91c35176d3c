package dev.mandate.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/// A demo user with a browser of plain HTML.
final class Person {
  private final String username;
  private final String password;
  private final Visitor browser = new Visitor();

  private Person(String username, String password) {
    this.username = username;
    this.password = password;
  }

  /// The demo's user with this role.
  static Person of(DemoTenant server, String role) {
    for (JsonNode user : server.file().path("users")) {
      if (user.path("role").asText().equals(role)) {
        return new Person(user.path("username").asText(), user.path("password").asText());
      }
    }
    throw new IllegalStateException("the demo has no " + role);
  }

  Visitor browser() {
    return browser;
  }

  /// Opens the address and signs in where asked to.
  Visitor.Page open(URI uri) {
    Visitor.Page page = browser.open(uri);
    boolean asksForPassword =
        page.answer().status() == 200
            && page.forms().stream().anyMatch(f -> f.names().contains("password"));
    return asksForPassword ? signIn(page) : page;
  }

  Visitor.Page signIn(Visitor.Page page) {
    return browser.submit(
        page.formWith("password").with("username", username).with("password", password));
  }

  /// Approves as it stands.
  Map<String, String> approve(App.Ask ask) {
    return approve(ask, form -> form);
  }

  /// Approves after changing the consent form; returns the parameters that the app's redirect URI
  /// gets.
  Map<String, String> approve(App.Ask ask, UnaryOperator<Visitor.Form> narrowing) {
    Visitor.Page consent = open(ask.uri());
    Visitor.Form form = narrowing.apply(consent.formWith("decision"));
    return parameters(browser.submit(form.with("decision", "approve")));
  }

  Map<String, String> deny(App.Ask ask) {
    Visitor.Page consent = open(ask.uri());
    return parameters(browser.submit(consent.formWith("decision").with("decision", "deny")));
  }

  /// The query of the address that the app was sent to.
  static Map<String, String> parameters(Visitor.Page page) {
    String query = page.at().getRawQuery();
    if (query == null || page.answer().status() != 303) {
      throw new IllegalStateException(
          "not sent back to the app but at " + page.at() + ":\n" + page.text());
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String pair : query.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      parameters.put(
          parts[0], java.net.URLDecoder.decode(parts[1], java.nio.charset.StandardCharsets.UTF_8));
    }
    return parameters;
  }

  /// Approves and lets the app redeem the code.
  App.Tokens give(App app, App.Ask ask) {
    Map<String, String> answer = approve(ask);
    String code = answer.get("code");
    if (code == null) {
      throw new IllegalStateException("no code: " + answer);
    }
    return app.redeem(code, ask);
  }
}

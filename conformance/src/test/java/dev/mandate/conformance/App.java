package dev.mandate.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A third-party app: knows the issuer's discovery document and its own registration.
final class App {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final DemoTenant server;
  private final JsonNode discovery;
  private final String kind;

  private App(DemoTenant server, String kind) {
    this.server = server;
    this.kind = kind;
    this.discovery = Http.get(server.uri("/.well-known/oauth-authorization-server")).json();
  }

  static App publicApp(DemoTenant server) {
    return new App(server, "public");
  }

  static App confidentialApp(DemoTenant server) {
    return new App(server, "confidential");
  }

  /// One authorization request, before its answer.
  record Ask(String verifier, String state, Map<String, String> parameters, URI uri) {}

  /// What the token endpoint gave.
  record Tokens(String access, String refresh, JsonNode answer) {
    String bearer() {
      return "Bearer " + access;
    }
  }

  URI endpoint(String name) {
    return URI.create(discovery.path(name).asText());
  }

  JsonNode discovery() {
    return discovery;
  }

  String clientId() {
    return server.text("/clients/" + kind + "/client_id");
  }

  String redirectUri() {
    return server.text("/clients/" + kind + "/redirect_uri");
  }

  Ask ask(@Nullable String authorizationDetails) {
    return authorizationDetails == null
        ? ask(Map.of())
        : ask(Map.of("authorization_details", authorizationDetails));
  }

  Ask ask(Map<String, String> more) {
    String verifier = random();
    String state = random();
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("response_type", "code");
    parameters.put("client_id", clientId());
    parameters.put("redirect_uri", redirectUri());
    parameters.put("state", state);
    parameters.put("code_challenge", challenge(verifier));
    parameters.put("code_challenge_method", "S256");
    parameters.putAll(more);
    return asked(verifier, state, parameters);
  }

  Ask asked(String verifier, String state, Map<String, String> parameters) {
    return new Ask(
        verifier,
        state,
        parameters,
        URI.create(endpoint("authorization_endpoint") + "?" + Http.form(parameters)));
  }

  /// The token request for a code, with the client's own authentication.
  Map<String, String> codeRequest(String code, @Nullable String verifier) {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "authorization_code");
    form.put("code", code);
    form.put("redirect_uri", redirectUri());
    if (verifier != null) {
      form.put("code_verifier", verifier);
    }
    return authenticated(form);
  }

  Map<String, String> authenticated(Map<String, String> form) {
    Map<String, String> all = new LinkedHashMap<>(form);
    all.put("client_id", clientId());
    if (kind.equals("confidential")) {
      all.put("client_secret", server.text("/clients/confidential/client_secret"));
    }
    return all;
  }

  Tokens redeem(String code, Ask ask) {
    return tokens(Http.postForm(endpoint("token_endpoint"), codeRequest(code, ask.verifier())));
  }

  Http.Answer refresh(String refreshToken) {
    return Http.postForm(
        endpoint("token_endpoint"),
        authenticated(Map.of("grant_type", "refresh_token", "refresh_token", refreshToken)));
  }

  Http.Answer revoke(String token) {
    return Http.postForm(endpoint("revocation_endpoint"), authenticated(Map.of("token", token)));
  }

  static Tokens tokens(Http.Answer answer) {
    if (answer.status() != 200) {
      throw new IllegalStateException("no tokens: " + answer.status() + " " + answer.body());
    }
    return new Tokens(
        answer.json().path("access_token").asText(),
        answer.json().path("refresh_token").asText(),
        answer.json());
  }

  static String random() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static String challenge(String verifier) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

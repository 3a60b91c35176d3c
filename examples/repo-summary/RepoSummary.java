import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A third-party app that summarises a folder with somebody else's money. It knows OAuth and OpenAI's API, and nothing
/// about Mandate but its address; it never sees a provider key.
///
///     java examples/repo-summary/RepoSummary.java http://localhost:8080 [folder]
///
/// It asks for $0.50 at one model for a day, waits for the approval in the browser, streams the summary, and tries again
/// after you revoked it.
public class RepoSummary {
  private static final String CLIENT_ID = "demo-app";
  private static final int PORT = 8765;
  private static final String REDIRECT_URI = "http://127.0.0.1:" + PORT + "/callback";
  private static final String MODEL = "gpt-5-mini";
  private static final String DETAILS =
      """
      [{"type":"llm_access","upstream":"openai","models":["%s"],"capabilities":["chat"],\
      "limits":{"requests":20,"cost_micros":500000},"expires_in":86400}]"""
          .formatted(MODEL);

  private final String issuer;
  private final HttpClient http = HttpClient.newHttpClient();

  RepoSummary(String issuer) {
    this.issuer = issuer;
  }

  public static void main(String[] args) throws Exception {
    String issuer = args.length > 0 ? args[0] : "http://localhost:8080";
    Path folder = Path.of(args.length > 1 ? args[1] : ".");
    RepoSummary app = new RepoSummary(issuer);
    String token = app.ask();
    String prompt = "Summarise this repository in three sentences. Its files:\n" + listing(folder);
    System.out.println("\nSummary of " + folder.toAbsolutePath().normalize() + ":\n");
    if (!app.stream(token, prompt)) {
      System.exit(1);
    }
    System.out.println("\nNow revoke this app at " + issuer + "/mandates and press Enter.");
    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
    if (app.stream(token, prompt)) {
      System.out.println("\nStill allowed: the mandate was not revoked.");
    } else {
      System.out.println("Refused, as it should be.");
    }
  }

  /// Runs the authorization code flow with PKCE (RFC 7636) on a loopback redirect (RFC 8252).
  String ask() throws Exception {
    String metadata = get(issuer + "/.well-known/oauth-authorization-server");
    String verifier = random();
    String state = random();
    Map<String, String> query = new LinkedHashMap<>();
    query.put("response_type", "code");
    query.put("client_id", CLIENT_ID);
    query.put("redirect_uri", REDIRECT_URI);
    query.put("state", state);
    query.put("authorization_details", DETAILS);
    query.put("code_challenge", challenge(verifier));
    query.put("code_challenge_method", "S256");
    String url = member(metadata, "authorization_endpoint") + "?" + form(query);
    Map<String, String> answer = awaitApproval(url);
    // RFC 9207: the answer must come from the server that was asked.
    if (!state.equals(answer.get("state")) || !issuer.equals(answer.get("iss"))) {
      throw new IllegalStateException("this answer is not for our request");
    }
    if (answer.containsKey("error")) {
      throw new IllegalStateException("not approved: " + answer.get("error"));
    }
    Map<String, String> exchange = new LinkedHashMap<>();
    exchange.put("grant_type", "authorization_code");
    exchange.put("client_id", CLIENT_ID);
    exchange.put("redirect_uri", REDIRECT_URI);
    exchange.put("code", answer.get("code"));
    exchange.put("code_verifier", verifier);
    HttpResponse<String> tokens =
        http.send(
            HttpRequest.newBuilder(URI.create(member(metadata, "token_endpoint")))
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form(exchange)))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (tokens.statusCode() != 200) {
      throw new IllegalStateException("no token: " + tokens.body());
    }
    return member(tokens.body(), "access_token");
  }

  /// Listens for the one redirect.
  private static Map<String, String> awaitApproval(String url) throws Exception {
    CompletableFuture<Map<String, String>> answer = new CompletableFuture<>();
    HttpServer callback = HttpServer.create(new InetSocketAddress("127.0.0.1", PORT), 0);
    callback.createContext(
        "/callback",
        exchange -> {
          byte[] page = "Thank you. You can close this tab.".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("content-type", "text/plain; charset=utf-8");
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
          answer.complete(parse(exchange.getRequestURI().getRawQuery()));
        });
    callback.start();
    try {
      System.out.println("Approve this app in your browser:\n\n  " + url + "\n");
      return answer.get(10, TimeUnit.MINUTES);
    } finally {
      callback.stop(1);
    }
  }

  /// Prints the answer as it streams in.
  ///
  /// @return false when the gateway refused
  boolean stream(String token, String prompt) throws IOException, InterruptedException {
    String body =
        "{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":%s}]}"
            .formatted(MODEL, quoted(prompt));
    HttpResponse<InputStream> response =
        http.send(
            HttpRequest.newBuilder(URI.create(issuer + "/openai/v1/chat/completions"))
                .header("authorization", "Bearer " + token)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      String error = new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
      System.out.println(response.statusCode() + " " + member(error, "code"));
      return false;
    }
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data: {") && line.contains("\"content\":\"")) {
          System.out.print(member(line, "content"));
          System.out.flush();
        }
      }
    }
    System.out.println();
    return true;
  }

  private static String listing(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder, 3)) {
      return files
          .filter(f -> !f.toString().contains("/.git") && !f.toString().contains("/target/"))
          .limit(200)
          .map(f -> folder.relativize(f).toString())
          .sorted()
          .collect(Collectors.joining("\n"));
    }
  }

  private String get(String url) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /// A string member of a JSON text: enough for this example, which takes no library. Use a parser in earnest.
  private static String member(String json, String name) {
    Matcher matcher =
        Pattern.compile("\"" + name + "\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
    if (!matcher.find()) {
      return "";
    }
    return matcher.group(1).replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\");
  }

  private static String quoted(String text) {
    return "\""
        + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "")
            .replace("\t", " ")
        + "\"";
  }

  private static Map<String, String> parse(String query) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String pair : query.split("&")) {
      String[] parts = pair.split("=", 2);
      pairs.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return pairs;
  }

  private static String form(Map<String, String> pairs) {
    return pairs.entrySet().stream()
        .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }

  private static String random() {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String challenge(String verifier) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
  }
}

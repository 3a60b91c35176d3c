package dev.mandate.testing;

import dev.mandate.oauth.signin.SignInConfig;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// A server for people with browsers before it, on a clock that a test moves.
public final class People implements AutoCloseable {
  /// The challenge of [#VERIFIER] (RFC 7636 Appendix B).
  public static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  public static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  public static final String REDIRECT = "http://127.0.0.1:8765/callback";
  public static final SignInConfig THROTTLE = new SignInConfig(5, 12, Duration.ofMinutes(10));

  private final TestClock clock = new TestClock();
  private final PeopleServer server;

  public People(Path data) {
    server = new PeopleServer(data, clock, 0, THROTTLE);
  }

  public TestClock clock() {
    return clock;
  }

  public PeopleServer server() {
    return server;
  }

  public TestBrowser browser() {
    return new TestBrowser(server.url());
  }

  /// A browser in which this person is signed in.
  public TestBrowser browserOf(String username) {
    TestBrowser browser = browser();
    signIn(browser, browser.get("/signin"), username, Acme.PASSWORD);
    return browser;
  }

  public static Answer signIn(TestBrowser browser, Answer page, String username, String password) {
    return browser.submit(
        page.form("/signin").with("username", username).with("password", password));
  }

  /// What a correct app asks, to be changed by a test.
  public static Map<String, String> request() {
    Map<String, String> request = new LinkedHashMap<>();
    request.put("response_type", "code");
    request.put("client_id", Acme.APP);
    request.put("redirect_uri", REDIRECT);
    request.put("state", "a state");
    request.put("code_challenge", CHALLENGE);
    request.put("code_challenge_method", "S256");
    return request;
  }

  public static String authorize(Map<String, String> request) {
    return "/oauth/authorize?" + dev.mandate.platform.http.Parameters.encode(request);
  }

  /// The consent page for this request, for somebody who is signed in.
  public static Answer consent(TestBrowser browser, Map<String, String> request) {
    return browser.follow(browser.get(authorize(request)));
  }

  @Override
  public void close() {
    server.close();
  }
}

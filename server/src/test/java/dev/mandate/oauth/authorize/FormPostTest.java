package dev.mandate.oauth.authorize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// OAuth 2.0 Form Post Response Mode.
class FormPostTest {
  @TempDir static Path data;
  private static People people;

  @BeforeAll
  static void start() {
    people = new People(data);
  }

  @AfterAll
  static void stop() {
    people.close();
  }

  private static Map<String, String> request() {
    Map<String, String> request = People.request();
    request.put("response_mode", "form_post");
    return request;
  }

  private static Forms.Form posted(Answer answer) {
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.location()).isEmpty();
    assertThat(answer.header("cache-control")).isEqualTo("no-store");
    assertThat(answer.header("referrer-policy")).isEqualTo("no-referrer");
    assertThat(answer.header("content-security-policy"))
        .contains("script-src 'self'")
        .contains("form-action 'self' http://127.0.0.1:8765;")
        .doesNotContain("unsafe");
    Forms.Form form = answer.form("/callback");
    assertThat(form.action()).isEqualTo(People.REDIRECT);
    assertThat(form.values().get("iss")).isEqualTo(List.of(people.server().url()));
    return form;
  }

  @Test
  void theCodeIsPostedAndStandsInNoAddress() {
    try (TestBrowser browser = people.browserOf("mia")) {
      Map<String, String> request = request();
      request.put("state", "\"><script>alert(1)</script>");
      Answer page = People.consent(browser, request);
      Forms.Form form = page.form("/oauth/consent/" + page.url().replaceAll(".*/", ""));
      Answer answer = browser.submit(form.with("decision", "approve"));
      assertThat(answer.body()).doesNotContain("<script>alert");
      Forms.Form post = posted(answer);
      assertThat(post.values().get("code").getFirst()).hasSize(43);
      assertThat(post.values()).doesNotContainKey("error");
    }
  }

  @Test
  void aDenialIsPostedToo() {
    try (TestBrowser browser = people.browserOf("mia")) {
      Answer page = People.consent(browser, request());
      Forms.Form form = page.form("/oauth/consent/" + page.url().replaceAll(".*/", ""));
      Forms.Form post = posted(browser.submit(form.with("decision", "deny")));
      assertThat(post.values().get("error")).isEqualTo(List.of("access_denied"));
      assertThat(post.values().get("state")).isEqualTo(List.of("a state"));
    }
  }

  @Test
  void anErrorOfTheRequestIsPostedToo() {
    try (TestBrowser browser = people.browser()) {
      Map<String, String> request = request();
      request.put("scope", "nonsense");
      Forms.Form post = posted(browser.get(People.authorize(request)));
      assertThat(post.values().get("error")).isEqualTo(List.of("invalid_scope"));
    }
  }

  @Test
  void theScriptThatPostsItIsAFileOfOurs() {
    try (TestBrowser browser = people.browser()) {
      Map<String, String> request = request();
      request.put("scope", "nonsense");
      String body = browser.get(People.authorize(request)).body();
      String script = body.replaceAll("(?s).*<script src=\"([^\"]+)\".*", "$1");
      Answer asset = browser.get(script);
      assertThat(asset.status()).isEqualTo(200);
      assertThat(asset.header("content-type")).startsWith("text/javascript");
      assertThat(asset.body()).contains("submit()");
    }
  }

  @Test
  void otherPagesRunNoScript() {
    try (TestBrowser browser = people.browser()) {
      Answer page = browser.get("/signin");
      assertThat(page.header("content-security-policy")).contains("script-src 'none'");
      assertThat(page.body()).doesNotContain("<script");
    }
  }

  @Test
  void anAppsOwnSchemeCannotBePostedToSoTheErrorComesByRedirect() {
    try (TestBrowser browser = people.browser()) {
      Map<String, String> request = request();
      request.put("client_id", Acme.NATIVE);
      request.put("redirect_uri", "com.example.pocket:/callback");
      Answer answer = browser.get(People.authorize(request));
      assertThat(answer.status()).isEqualTo(303);
      assertThat(answer.location())
          .startsWith("com.example.pocket:/callback?error=invalid_request");
    }
  }

  @Test
  void anUnknownModeIsAnsweredByRedirect() {
    try (TestBrowser browser = people.browser()) {
      Map<String, String> request = People.request();
      request.put("response_mode", "fragment");
      Answer answer = browser.get(People.authorize(request));
      assertThat(answer.query().one("error")).isEqualTo("invalid_request");
      request.put("response_mode", "query");
      assertThat(browser.get(People.authorize(request)).location()).startsWith("/oauth/authorize/");
    }
  }
}

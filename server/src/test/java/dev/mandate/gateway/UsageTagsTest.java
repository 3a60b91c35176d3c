package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.mandate.Mandate;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tags of calls: on the way into the ledger, within what a key fixes, and not out to the provider.
class UsageTagsTest {
  private static final String CHAT = "/openai/v1/chat/completions";
  private static RawUpstream upstream;
  private static RunningGateway gateway;
  private static int mandates;
  private Mandate mandate;

  @BeforeAll
  static void start(@TempDir Path folder) {
    upstream = new RawUpstream();
    upstream.script = ApiKeysTest::answer;
    gateway = new RunningGateway(folder, upstream.url());
  }

  @AfterAll
  static void stop() throws IOException {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void give() {
    upstream.drain();
    mandate = gateway.mandate("tags_" + ++mandates, Limits.NONE);
  }

  private String key(String tags) {
    return gateway
        .key(mandate, new KeyBounds(List.of(), Limits.NONE, List.of(), tags))
        .secret()
        .reveal();
  }

  private static HttpResponse<String> call(String key, String... tags) {
    HttpRequest.Builder request = gateway.post(key, CHAT, RunningGateway.chatBody(""));
    for (String one : tags) {
      request.header("mandate-tags", one);
    }
    return gateway.send(request);
  }

  private String booked() {
    return gateway.ledger(mandate.id().value()).getFirst().call().tags();
  }

  @Test
  void tagsAreBookedAndTheProviderDoesNotHearOfThem() throws Exception {
    assertThat(call(key(""), "team=search, run=42", "env=test").statusCode()).isEqualTo(200);
    assertThat(booked()).isEqualTo("env=test,run=42,team=search");
    assertThat(upstream.next().headers()).doesNotContainKey("mandate-tags");
  }

  @Test
  void whatDoesNotReadIsRefusedBeforeAnythingIsSent() {
    for (String bad : List.of("team", "Team=x", "team=a b", "", "a=1,a=2", "x=" + "v".repeat(65))) {
      HttpResponse<String> refused = call(key(""), bad);
      assertThat(refused.statusCode()).as(bad).isEqualTo(400);
      assertThat(RunningGateway.code(refused)).as(bad).isEqualTo("invalid_tags");
    }
    assertThat(gateway.ledger(mandate.id().value())).isEmpty();
  }

  @Test
  void whoHasTheKeyCannotSayOtherwiseThanTheKey() {
    String key = key("team=search");
    assertThat(call(key).statusCode()).isEqualTo(200);
    assertThat(booked()).isEqualTo("team=search");
    assertThat(RunningGateway.code(call(key, "team=ads"))).isEqualTo("invalid_tags");
    assertThat(call(key, "run=7").statusCode()).isEqualTo(200);
    assertThat(gateway.ledger(mandate.id().value()))
        .extracting(entry -> entry.call().tags())
        .containsExactlyInAnyOrder("team=search", "run=7,team=search");
  }

  @Test
  void aCallIsInTheMetricsOfOpenTelemetrysNames() {
    assertThat(call(key("")).statusCode()).isEqualTo(200);
    String of =
        "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\","
            + "gen_ai_request_model=\"gpt-test\"";
    String scraped = gateway.meters.scrape(null).text();
    assertThat(scraped)
        .contains(
            "gen_ai_client_token_usage_bucket{" + of + ",gen_ai_token_type=\"input\",le=\"1.0\"}")
        .contains("gen_ai_client_operation_duration_seconds_count")
        .doesNotContain("gen_ai_server_time_to_first_token_seconds_count{");
    // A model that no catalogue has makes no series.
    gateway.send(gateway.post(key(""), CHAT, "{\"model\":\"made-up\",\"messages\":[]}"));
    assertThat(gateway.meters.scrape(null).text()).doesNotContain("made-up");
  }
}

package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Postgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes of one database hold one limit together.
class SharedRatesTest {
  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway a;
  private RunningGateway b;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200, "{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":10}}"));
    DatabaseUrl database = Postgres.database();
    a = new RunningGateway(folder.resolve("a"), database, upstream.url());
    b = new RunningGateway(folder.resolve("b"), database, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    a.close();
    b.close();
    upstream.close();
  }

  private RateLimit limit(Rates rates) {
    RateLimit limit =
        new RateLimit(
            RunningGateway.TENANT,
            "rl",
            RateHolder.TENANT,
            null,
            null,
            rates,
            false,
            a.clock.instant());
    a.stores.rateLimits().insert(limit);
    heardByB();
    return limit;
  }

  /// The reader of changes is quick; this is as long as it may take.
  private void heardByB() {
    long asOf = b.changes.freshness().now();
    RunningGateway.await(() -> b.changes.freshness().lag() < (nanos(b) - asOf) / 1e9);
  }

  private static long nanos(RunningGateway at) {
    return at.changes.freshness().now();
  }

  private List<Integer> race(String key, int calls) {
    List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      RunningGateway at = i % 2 == 0 ? a : b;
      sent.add(
          at.http.sendAsync(
              at.post(key, "/openai/v1/chat/completions", RunningGateway.chatBody("")).build(),
              HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)));
    }
    return sent.stream().map(one -> one.join().statusCode()).toList();
  }

  @Test
  void racingCallsAtTwoNodesGetWhatOneNodeWouldGive() {
    String key = a.caller("m", Limits.NONE);
    // One in 6 s runs off: as many more as that may go while this runs.
    limit(new Rates(10L, null, null));
    long began = System.nanoTime();
    List<Integer> statuses = race(key, 60);
    long ranOff = (System.nanoTime() - began) / 6_000_000_000L + 1;
    assertThat(statuses).containsOnly(200, 429);
    assertThat(statuses.stream().filter(s -> s == 200).count()).isBetween(10L, 10 + ranOff);
    assertThat(a.chat(key, "").headers().firstValue("retry-after")).isPresent();
  }

  @Test
  void aCallerThatStaysAtOneNodeHasTheWholeLimitThere() {
    String key = a.caller("m", Limits.NONE);
    limit(new Rates(8L, null, null));
    for (int i = 0; i < 8; i++) {
      assertThat(b.chat(key, "").statusCode()).isEqualTo(200);
    }
    assertThat(RunningGateway.code(a.chat(key, ""))).isEqualTo("rate_limited");
    assertThat(RunningGateway.code(b.chat(key, ""))).isEqualTo("rate_limited");
  }

  @Test
  void tokensThatACallTurnedOutToNeedCountAtTheOtherNode() {
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200, "{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":100000}}"));
    String key = a.caller("m", Limits.NONE);
    limit(new Rates(null, 1_000L, null));
    assertThat(a.chat(key, "").statusCode()).isEqualTo(200);
    RunningGateway.await(() -> RunningGateway.code(b.chat(key, "")).equals("rate_limited"));
    assertThat(RunningGateway.code(a.chat(key, ""))).isEqualTo("rate_limited");
  }

  @Test
  void aPlaceForACallIsOnceInTheClusterAndFreeAtTheOtherNodeWhenItsStreamHasEnded()
      throws Exception {
    upstream.script = NodesTest::endless;
    String key = a.caller("m", Limits.NONE);
    limit(new Rates(null, null, 2L));
    InputStream first = NodesTest.open(a, key);
    InputStream second = NodesTest.open(b, key);
    assertThat(RunningGateway.code(a.chat(key, ""))).isEqualTo("rate_limited");
    assertThat(RunningGateway.code(b.chat(key, ""))).isEqualTo("rate_limited");
    first.close();
    RunningGateway.await(() -> a.gateway.openCalls() == 0);
    RunningGateway.await(() -> opens(b, key));
    assertThat(RunningGateway.code(a.chat(key, ""))).isEqualTo("rate_limited");
    second.close();
  }

  private final List<InputStream> opened = new ArrayList<>();

  private boolean opens(RunningGateway at, String key) {
    try {
      HttpResponse<InputStream> response =
          at.http.send(
              at.post(
                      key,
                      "/openai/v1/chat/completions",
                      RunningGateway.chatBody(",\"stream\":true"))
                  .build(),
              HttpResponse.BodyHandlers.ofInputStream());
      opened.add(response.body());
      return response.statusCode() == 200;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aNodeThatCannotShowThatItLivesCutsItsStreamsBeforeTheirPlacesAreOthers() throws Exception {
    upstream.script = NodesTest::endless;
    String key = a.caller("m", Limits.NONE);
    limit(new Rates(null, null, 1L));
    InputStream atA = NodesTest.open(a, key);
    // As after a pause of the process: it finds itself seven seconds later.
    a.laterNanos.addAndGet(Duration.ofSeconds(7).toNanos());
    assertThat(new String(atA.readAllBytes(), StandardCharsets.UTF_8))
        .contains("node_stale")
        .doesNotContain("[DONE]");
    RunningGateway.await(() -> opens(b, key));
  }

  @Test
  void aLimitThatIsRaisedAtOneNodeHoldsAtTheOther() {
    String key = a.caller("m", Limits.NONE);
    RateLimit limit = limit(new Rates(1L, null, null));
    assertThat(b.chat(key, "").statusCode()).isEqualTo(200);
    assertThat(RunningGateway.code(b.chat(key, ""))).isEqualTo("rate_limited");
    a.stores.rateLimits().replace(limit, new Rates(5L, null, null));
    RunningGateway.await(() -> b.chat(key, "").statusCode() == 200);
  }
}

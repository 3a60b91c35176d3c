package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Resilience;
import dev.mandate.domain.upstream.Resilience.Breaker;
import dev.mandate.domain.upstream.Resilience.Capacity;
import dev.mandate.domain.upstream.Resilience.Timeouts;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.testing.Upstreams;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What a call does when its upstream fails it: wait, try again, or leave it alone.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ResilienceTest {
  private static final Breaker NEVER =
      new Breaker(0, 1, Duration.ofSeconds(30), Duration.ofSeconds(15));
  private static final Breaker EAGER =
      new Breaker(50, 5, Duration.ofMinutes(1), Duration.ofSeconds(1));
  private static final Timeouts PATIENT = new Timeouts(null, null, null, null);
  private static final Capacity UNBOUNDED =
      new Capacity(null, null, 0, Duration.ofSeconds(1), false);
  private static final String ANSWER =
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}";
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  @TempDir private static Path folder;
  private RunningGateway at;
  private RawUpstream upstream;
  private String name = "";
  private String mandate = "";

  @BeforeAll
  void start() {
    at = new RunningGateway(folder, URI.create("http://127.0.0.1:1"));
  }

  @AfterAll
  void stop() {
    at.close();
  }

  @BeforeEach
  void provider() {
    upstream = new RawUpstream();
    int number = NUMBERS.incrementAndGet();
    name = "up" + number;
    mandate = "m" + number;
  }

  @AfterEach
  void endProvider() throws IOException {
    upstream.close();
  }

  private static Resilience of(
      Timeouts timeouts, Capacity capacity, Breaker breaker, int attempts) {
    return new Resilience(timeouts, capacity, breaker, attempts, false, null, List.of());
  }

  /// Makes the upstream, and a key for it.
  private String caller(URI url, Resilience resilience) {
    Upstream made =
        Upstreams.named(
                RunningGateway.TENANT,
                name,
                Provider.OPENAI,
                url,
                Upstreams.model(Upstreams.CHAT_MODEL, Set.of(Capability.CHAT)))
            .with(resilience);
    return OtherProviders.caller(
        at, mandate, OtherProviders.add(at, made, OtherProviders.KEY), Limits.NONE);
  }

  private HttpResponse<String> chat(String key, String more) {
    return at.send(
        at.post(key, "/" + name + "/v1/chat/completions", RunningGateway.chatBody(more)));
  }

  private CompletableFuture<HttpResponse<String>> chatLater(String key) {
    return at.http.sendAsync(
        at.post(key, "/" + name + "/v1/chat/completions", RunningGateway.chatBody("")).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private List<LedgerEntry> ledger() {
    return at.ledger(mandate);
  }

  private LedgerEntry settled() {
    RunningGateway.await(() -> !ledger().isEmpty());
    return ledger().getFirst();
  }

  @Test
  void aConnectionThatNeverStoodIsTriedAgainUpToTheBoundAndNothingIsCharged() throws Exception {
    AtomicInteger connections = new AtomicInteger();
    try (ServerSocket noTls = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.startVirtualThread(
          () -> {
            while (!noTls.isClosed()) {
              try {
                noTls.accept().close();
                connections.incrementAndGet();
              } catch (IOException e) {
                return;
              }
            }
          });
      String key =
          caller(
              URI.create("https://127.0.0.1:" + noTls.getLocalPort()),
              of(PATIENT, UNBOUNDED, NEVER, 3));
      HttpResponse<String> response = chat(key, "");
      assertThat(response.statusCode()).isEqualTo(502);
      assertThat(RunningGateway.code(response)).isEqualTo("upstream_unreachable");
      RunningGateway.await(() -> connections.get() >= 3);
      assertThat(connections).hasValue(3);
      assertThat(ledger()).isEmpty();
    }
  }

  @Test
  void aRefusedConnectionIsTypedAndNotCharged() throws Exception {
    URI nobody = upstream.url();
    upstream.close();
    HttpResponse<String> response = chat(caller(nobody, of(PATIENT, UNBOUNDED, NEVER, 2)), "");
    assertThat(RunningGateway.code(response)).isEqualTo("upstream_unreachable");
    assertThat(ledger()).isEmpty();
  }

  @Test
  void whatMayHaveBeenReadIsNeverSentAgain() throws Exception {
    upstream.script =
        (_, _) -> {
          throw new IOException("closes");
        };
    String key = caller(upstream.url(), of(PATIENT, UNBOUNDED, NEVER, 5));
    assertThat(RunningGateway.code(chat(key, ""))).isEqualTo("upstream_unreachable");
    assertThat(upstream.requests()).isEqualTo(1);
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void aKeptConnectionThatClosesUnderACallIsNotTakenForOneThatReadNothing() throws Exception {
    upstream.script =
        (_, out) -> {
          if (upstream.requests() > 1) {
            throw new IOException("closes");
          }
          out.write(RawUpstream.json(200, ANSWER));
        };
    String key = caller(upstream.url(), of(PATIENT, UNBOUNDED, NEVER, 5));
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
    assertThat(chat(key, "").statusCode()).isEqualTo(502);
    assertThat(upstream.requests()).isEqualTo(2);
    RunningGateway.await(() -> ledger().size() == 2);
    assertThat(ledger()).extracting(LedgerEntry::estimated).containsExactlyInAnyOrder(true, false);
  }

  @Test
  void theUpstreamsOwnTimeoutsHoldAndATimedOutCallIsNotRepeated() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    upstream.script = (_, _) -> never.await(60, TimeUnit.SECONDS);
    Timeouts quick = new Timeouts(null, Duration.ofMillis(100), null, null);
    String key = caller(upstream.url(), of(quick, UNBOUNDED, NEVER, 5));
    HttpResponse<String> response = chat(key, "");
    never.countDown();
    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(upstream.requests()).isEqualTo(1);
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void aStreamEndsWithTheWholeCallsTimeWhileItGoesOn() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          while (!gone.await(20, TimeUnit.MILLISECONDS)) {
            out.write(
                RawUpstream.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"));
            out.flush();
          }
        };
    Timeouts whole = new Timeouts(null, null, Duration.ofMinutes(1), Duration.ofMillis(300));
    String key = caller(upstream.url(), of(whole, UNBOUNDED, NEVER, 5));
    HttpResponse<String> response = chat(key, ",\"stream\":true,\"max_tokens\":100");
    gone.countDown();
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains("upstream_timeout").doesNotContain("[DONE]");
    assertThat(upstream.requests()).isEqualTo(1);
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void aStormOfServerErrorsOpensTheCircuitAndOneCallFindsOutForTwoHundred() throws Exception {
    upstream.script = (_, out) -> out.write(RawUpstream.json(500, "{}"));
    String key = caller(upstream.url(), of(PATIENT, UNBOUNDED, EAGER, 1));
    for (int i = 0; i < EAGER.callsMin(); i++) {
      assertThat(chat(key, "").statusCode()).isEqualTo(500);
    }
    HttpResponse<String> refused = chat(key, "");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(RunningGateway.code(refused)).isEqualTo("upstream_unavailable");
    assertThat(refused.headers().firstValueAsLong("retry-after").orElse(0)).isPositive();
    assertThat(upstream.requests()).isEqualTo(EAGER.callsMin());
    // Refused calls cost nothing; the others were requests.
    assertThat(ledger()).hasSize(EAGER.callsMin());

    CountDownLatch answer = new CountDownLatch(1);
    upstream.drain();
    upstream.script =
        (_, out) -> {
          answer.await(60, TimeUnit.SECONDS);
          out.write(RawUpstream.json(200, ANSWER));
        };
    Thread.sleep(EAGER.open().toMillis());
    List<CompletableFuture<HttpResponse<String>>> crowd = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      crowd.add(chatLater(key));
    }
    RunningGateway.await(() -> crowd.stream().filter(CompletableFuture::isDone).count() == 199);
    assertThat(upstream.requests()).isEqualTo(1);
    answer.countDown();
    assertThat(crowd.stream().map(call -> call.join().statusCode()).filter(s -> s == 200))
        .hasSize(1);
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
  }

  @Test
  void whatIsWrongWithACallOrItsKeyNeverOpensTheCircuit() {
    String key = caller(upstream.url(), of(PATIENT, UNBOUNDED, EAGER, 1));
    for (int status : new int[] {400, 404, 422, 429}) {
      upstream.script = (_, out) -> out.write(RawUpstream.json(status, "{}"));
      for (int i = 0; i < 2 * EAGER.callsMin(); i++) {
        assertThat(chat(key, "").statusCode()).isEqualTo(status);
      }
    }
    upstream.script = (_, out) -> out.write(RawUpstream.json(403, "{}"));
    for (int i = 0; i < 2 * EAGER.callsMin(); i++) {
      assertThat(RunningGateway.code(chat(key, ""))).isEqualTo("upstream_credential_rejected");
    }
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, ANSWER));
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
  }

  @Test
  void aCallBeyondTheBoundWaitsForItsTurnAndOneBeyondTheQueueIsRefused() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    upstream.script =
        (_, out) -> {
          answer.await(60, TimeUnit.SECONDS);
          out.write(RawUpstream.json(200, ANSWER));
        };
    Capacity narrow = new Capacity(null, 1, 1, Duration.ofSeconds(30), false);
    String key = caller(upstream.url(), of(PATIENT, narrow, NEVER, 1));
    CompletableFuture<HttpResponse<String>> first = chatLater(key);
    var _ = upstream.next();
    CompletableFuture<HttpResponse<String>> second = chatLater(key);
    RunningGateway.await(() -> at.gateway.openCalls() == 2);
    HttpResponse<String> third = chat(key, "");
    assertThat(RunningGateway.code(third)).isEqualTo("upstream_unavailable");
    assertThat(upstream.requests()).isEqualTo(1);
    answer.countDown();
    assertThat(first.join().statusCode()).isEqualTo(200);
    assertThat(second.join().statusCode()).isEqualTo(200);
    assertThat(upstream.requests()).isEqualTo(2);
    RunningGateway.await(() -> ledger().size() == 2);
  }

  @Test
  void aCallThatWaitsTooLongForItsTurnIsRefusedAndLeavesItsPlace() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    upstream.script =
        (_, out) -> {
          answer.await(60, TimeUnit.SECONDS);
          out.write(RawUpstream.json(200, ANSWER));
        };
    Capacity narrow = new Capacity(1, 1, 1, Duration.ofMillis(50), false);
    String key = caller(upstream.url(), of(PATIENT, narrow, NEVER, 1));
    CompletableFuture<HttpResponse<String>> first = chatLater(key);
    var _ = upstream.next();
    assertThat(RunningGateway.code(chat(key, ""))).isEqualTo("upstream_unavailable");
    assertThat(RunningGateway.code(chat(key, ""))).isEqualTo("upstream_unavailable");
    answer.countDown();
    assertThat(first.join().statusCode()).isEqualTo(200);
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
    RunningGateway.await(() -> ledger().size() == 2);
  }

  private UpstreamHealth.Health health() {
    return at.gateway
        .lines()
        .of(Objects.requireNonNull(at.stores.upstreams().find(RunningGateway.TENANT, name)));
  }

  private List<Notice.Kind> told() {
    return at.told.all().stream()
        .filter(notice -> notice.subject().equals(name))
        .map(Notice::kind)
        .toList();
  }

  @Test
  void whoIsDownIsToldOfOnceAndAProbeFindsThatItIsBack() throws Exception {
    Resilience probed =
        new Resilience(PATIENT, UNBOUNDED, EAGER, 1, false, Resilience.PROBE_MIN, List.of());
    String key = caller(upstream.url(), probed);
    assertThat(health().state()).isEqualTo(UpstreamHealth.State.UNKNOWN);
    upstream.script = (_, out) -> out.write(RawUpstream.json(500, "{}"));
    for (int i = 0; i < EAGER.callsMin(); i++) {
      assertThat(chat(key, "").statusCode()).isEqualTo(500);
    }
    assertThat(health().state()).isEqualTo(UpstreamHealth.State.DOWN);
    assertThat(health().lastFailure()).isEqualTo(UpstreamHealth.Failure.SERVER_ERROR);
    at.lookout.tick();
    at.lookout.tick();
    assertThat(told()).containsExactly(Notice.Kind.UPSTREAM_DOWN);

    upstream.drain();
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{\"data\":[]}"));
    Thread.sleep(EAGER.open().toMillis());
    // Neither is told of before some quiet has passed.
    at.clock.advance(Resilience.PROBE_MIN);
    at.lookout.tick();
    assertThat(upstream.next().line()).startsWith("GET /v1/models ");
    assertThat(health().state()).isEqualTo(UpstreamHealth.State.UP);
    at.lookout.tick();
    assertThat(told()).containsExactly(Notice.Kind.UPSTREAM_DOWN);
    at.clock.advance(Duration.ofMinutes(5));
    at.lookout.tick();
    assertThat(told()).containsExactly(Notice.Kind.UPSTREAM_DOWN, Notice.Kind.UPSTREAM_UP);
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
  }
}

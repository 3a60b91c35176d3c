package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Resilience;
import dev.mandate.domain.upstream.Resilience.Breaker;
import dev.mandate.domain.upstream.Resilience.Cause;
import dev.mandate.domain.upstream.Resilience.Fallback;
import dev.mandate.testing.Upstreams;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A call whose upstream does not serve it goes to another one, and nowhere that it may not go.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FallbacksTest {
  private static final String KEY_HERE = "first-canary-0123456789abcdef";
  private static final String KEY_THERE = "other-canary-0123456789abcdef";
  private static final String DEPLOYMENT = "our-deployment";
  private static final String ANSWER =
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}";
  private static final Breaker NEVER =
      new Breaker(0, 1, Duration.ofSeconds(30), Duration.ofSeconds(15));
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  @TempDir private static Path folder;
  private RunningGateway at;
  private RawUpstream here;
  private RawUpstream there;
  private String nameHere = "";
  private String nameThere = "";
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
  void providers() {
    int number = NUMBERS.incrementAndGet();
    nameHere = "here" + number;
    nameThere = "there" + number;
    mandate = "m" + number;
    here = new RawUpstream();
    there = new RawUpstream();
    here.script = (_, out) -> out.write(RawUpstream.json(429, "{\"slow\":1}", "retry-after", "7"));
    there.script = (_, out) -> out.write(RawUpstream.json(200, ANSWER));
    addThere(nameThere, there.url(), model(DEPLOYMENT, 1));
    addHere(here.url(), NEVER, nameThere);
  }

  @AfterEach
  void end() throws IOException {
    here.close();
    there.close();
  }

  private static Model model(String name, int times) {
    Model plain = Upstreams.model(name, Set.of(Capability.CHAT));
    return new Model(
        plain.name(),
        plain.displayName(),
        plain.capabilities(),
        plain.contextTokens(),
        plain.outputTokensMax(),
        plain.imageTokensMax(),
        new Price(
            1_000_000L * times, 1_000_000L * times, 1_000_000L * times, 0, 4_000_000L * times),
        plain.releasedAt());
  }

  private void addThere(String name, URI url, Model model) {
    OtherProviders.add(
        at,
        Upstreams.named(RunningGateway.TENANT, name, Provider.AZURE_OPENAI, url, model),
        KEY_THERE);
  }

  private void addHere(URI url, Breaker breaker, String... fallbacks) {
    List<Fallback> all = new ArrayList<>();
    for (String name : fallbacks) {
      all.add(
          new Fallback(name, Map.of(Upstreams.CHAT_MODEL, DEPLOYMENT), EnumSet.allOf(Cause.class)));
    }
    Resilience plain = Resilience.DEFAULT;
    OtherProviders.add(
        at,
        Upstreams.named(
                RunningGateway.TENANT,
                nameHere,
                Provider.OPENAI,
                url,
                Upstreams.model(Upstreams.CHAT_MODEL, Set.of(Capability.CHAT)))
            .with(new Resilience(plain.timeouts(), plain.capacity(), breaker, 1, false, null, all)),
        KEY_HERE);
  }

  private LlmAccess access(String upstream, Limits limits) {
    return at.access(upstream, Set.of(Capability.CHAT), limits);
  }

  /// For both upstreams.
  private Mandate both(Limits limits) {
    return at.mandate(mandate, access(nameHere, limits), access(nameThere, limits));
  }

  private HttpResponse<String> chat(String key, String more) {
    return at.send(
        at.post(key, "/" + nameHere + "/v1/chat/completions", RunningGateway.chatBody(more)));
  }

  private LedgerEntry only() {
    RunningGateway.await(() -> !at.ledger(mandate).isEmpty());
    assertThat(at.ledger(mandate)).hasSize(1);
    return at.ledger(mandate).getFirst();
  }

  private void assertPassedOn(HttpResponse<String> response) {
    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(response.body()).isEqualTo("{\"slow\":1}");
    assertThat(response.headers().firstValue("retry-after")).hasValue("7");
    assertThat(response.headers().firstValue("mandate-upstream")).isEmpty();
    assertThat(there.requests()).isZero();
  }

  @Test
  void aRefusedCallIsServedElsewhereUnderItsOwnNameThereAndWrittenDownAsSuch() throws Exception {
    String key = at.key(both(new Limits(1L, null, null, null)));
    HttpResponse<String> response = chat(key, "");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo(ANSWER);
    assertThat(response.headers().firstValue("mandate-upstream")).hasValue(nameThere);
    RawUpstream.Received asked = here.next();
    RawUpstream.Received served = there.next();
    assertThat(served.line()).startsWith("POST /openai/v1/chat/completions ");
    assertThat(served.body()).contains("\"model\":\"" + DEPLOYMENT + "\",\"messages\"");
    // Each key goes to its own origin only.
    assertThat(asked.toString()).contains(KEY_HERE).doesNotContain(KEY_THERE);
    assertThat(served.toString()).contains(KEY_THERE).doesNotContain(KEY_HERE).doesNotContain(key);
    LedgerEntry entry = only();
    assertThat(entry.call().upstream()).isEqualTo(nameThere);
    assertThat(entry.call().model()).isEqualTo(DEPLOYMENT);
    assertThat(entry.costMicros()).isEqualTo(7 + 4 * 3);
    // One call, one request: the other upstream's limit of one took it, and takes no other; this
    // one's is free until a call is refused here for good.
    assertThat(chat(key, "").body()).isEqualTo("{\"slow\":1}");
    assertThat(RunningGateway.code(chat(key, ""))).isEqualTo("budget_exhausted");
    assertThat(there.requests()).isEqualTo(1);
    RunningGateway.await(
        () ->
            at.audit().stream()
                .map(AuditEvent::details)
                .anyMatch(details -> nameHere.equals(details.get("fallback_from"))));
    assertThat(at.audit())
        .filteredOn(event -> nameHere.equals(event.details().get("fallback_from")))
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.details()).containsEntry("upstream", nameThere);
              assertThat(event.details()).containsEntry("fallback_cause", "rate_limited");
            });
  }

  @ParameterizedTest
  @ValueSource(ints = {503, 529})
  void aStreamIsServedElsewhere(int status) throws Exception {
    here.script = (_, out) -> out.write(RawUpstream.json(status, "{}"));
    there.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(
              RawUpstream.chunk(
                  "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n"
                      + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,"
                      + "\"completion_tokens\":3}}\n\ndata: [DONE]\n\n"));
          out.write(RawUpstream.lastChunk());
        };
    HttpResponse<String> response =
        chat(at.key(both(Limits.NONE)), ",\"stream\":true,\"max_tokens\":10");
    assertThat(response.body()).contains("Hi").contains("[DONE]").doesNotContain("usage");
    assertThat(only().estimated()).isFalse();
    assertThat(only().call().upstream()).isEqualTo(nameThere);
  }

  @Test
  void whoCannotBeReachedIsReplacedAndAnOpenCircuitIsNotEvenAsked() throws Exception {
    here.close();
    addHere(
        here.url(), new Breaker(50, 1, Duration.ofMinutes(1), Duration.ofMinutes(1)), nameThere);
    String key = at.key(both(Limits.NONE));
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
    // Its circuit is open now.
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
    RunningGateway.await(() -> at.ledger(mandate).size() == 2);
    assertThat(at.ledger(mandate)).allMatch(entry -> entry.call().upstream().equals(nameThere));
    assertThat(at.audit())
        .extracting(event -> event.details().get("fallback_cause"))
        .contains("unreachable", "circuit_open");
  }

  @Test
  void rejectedKeysLeadElsewhere() throws Exception {
    here.script = (_, out) -> out.write(RawUpstream.json(403, "{\"key\":\"" + KEY_HERE + "\"}"));
    HttpResponse<String> response = chat(at.key(both(Limits.NONE)), "");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).doesNotContain(KEY_HERE);
  }

  @Test
  void anUpstreamOutsideTheMandateIsNotUsed() {
    assertPassedOn(chat(at.key(at.mandate(mandate, access(nameHere, Limits.NONE))), ""));
    assertThat(only().call().upstream()).isEqualTo(nameHere);
  }

  @Test
  void aTokenThatIsForTheOneUpstreamOnlyIsNotUsedAtTheOther() {
    Mandate given = both(Limits.NONE);
    String resource = at.issuer.url("/" + nameHere + "/v1");
    String narrow = at.token(given, List.of(resource), Duration.ofMinutes(5));
    assertPassedOn(chat(narrow, ""));
    String wide =
        at.token(given, List.of(resource, at.issuer.url("/" + nameThere)), Duration.ofMinutes(5));
    assertThat(chat(wide, "").statusCode()).isEqualTo(200);
  }

  @Test
  void aModelThatTheOtherUpstreamDoesNotGiveIsNotUsed() {
    addThere(nameThere, there.url(), model("something-else", 1));
    assertPassedOn(chat(at.key(both(Limits.NONE)), ""));
  }

  @Test
  void aDearerPriceMustFitTheBudgetAndWhatWasHeldIsFreeForIt() {
    // One call here at its worst, 16 000 tokens of output capped to 100, costs at most 1 000.
    Limits tight = new Limits(null, null, null, 1_000L);
    addThere(nameThere, there.url(), model(DEPLOYMENT, 3));
    assertPassedOn(chat(at.key(both(tight)), ",\"max_tokens\":100"));
    assertThat(only().costMicros()).isZero();
    addThere(nameThere, there.url(), model(DEPLOYMENT, 1));
    mandate = mandate + "b";
    assertThat(chat(at.key(both(tight)), ",\"max_tokens\":100").statusCode()).isEqualTo(200);
    assertThat(only().costMicros()).isEqualTo(7 + 4 * 3);
  }

  @Test
  void whatMayHaveBeenServedNeverGoesElsewhere() throws Exception {
    String key = at.key(both(Limits.NONE));
    for (int status : new int[] {400, 404, 500, 502, 504}) {
      here.script = (_, out) -> out.write(RawUpstream.json(status, "{}"));
      assertThat(chat(key, "").statusCode()).isEqualTo(status);
    }
    here.script =
        (_, _) -> {
          throw new IOException("closes");
        };
    assertThat(chat(key, "").statusCode()).isEqualTo(502);
    here.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(RawUpstream.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"H\"}}]}\n\n"));
          out.flush();
          throw new IOException("closes");
        };
    assertThat(chat(key, ",\"stream\":true,\"max_tokens\":10").body())
        .contains("upstream_unreachable");
    assertThat(there.requests()).isZero();
    RunningGateway.await(() -> at.ledger(mandate).size() == 7);
    assertThat(at.ledger(mandate)).filteredOn(LedgerEntry::estimated).hasSize(2);
  }

  @Test
  void theNextOneIsAskedWhereTheFirstOneRefusesTooAndAtTheEndItsAnswerPasses() throws Exception {
    RawUpstream last = new RawUpstream();
    String nameLast = nameThere + "-last";
    addThere(nameLast, last.url(), model(DEPLOYMENT, 1));
    addHere(here.url(), NEVER, nameThere, nameLast);
    there.script = (_, out) -> out.write(RawUpstream.json(529, "{\"full\":1}"));
    last.script = (_, out) -> out.write(RawUpstream.json(200, ANSWER));
    String key =
        at.key(
            at.mandate(
                mandate,
                access(nameHere, Limits.NONE),
                access(nameThere, Limits.NONE),
                access(nameLast, Limits.NONE)));
    HttpResponse<String> response = chat(key, "");
    assertThat(response.headers().firstValue("mandate-upstream")).hasValue(nameLast);
    assertThat(only().call().upstream()).isEqualTo(nameLast);
    last.script = (_, out) -> out.write(RawUpstream.json(503, "{\"last\":1}"));
    assertThat(chat(key, "").body()).isEqualTo("{\"last\":1}");
    RunningGateway.await(() -> at.ledger(mandate).size() == 2);
    assertThat(here.requests()).isEqualTo(2);
    assertThat(there.requests()).isEqualTo(2);
    assertThat(last.requests()).isEqualTo(2);
    last.close();
  }

  @Test
  void ofManyAtOnceAsManyAreServedAsTheBudgetHasRequestsAndEachIsChargedOnce() {
    String key = at.key(both(new Limits(30L, null, null, null)));
    List<CompletableFuture<HttpResponse<String>>> crowd = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      crowd.add(
          at.http.sendAsync(
              at.post(
                      key,
                      "/" + nameHere + "/v1/chat/completions",
                      RunningGateway.chatBody(",\"max_tokens\":10"))
                  .build(),
              HttpResponse.BodyHandlers.ofString()));
    }
    long served = crowd.stream().filter(call -> call.join().statusCode() == 200).count();
    assertThat(served).isEqualTo(30);
    assertThat(there.requests()).isEqualTo(30);
    RunningGateway.await(() -> at.ledger(mandate).size() == 30);
    assertThat(at.ledger(mandate)).allMatch(entry -> entry.call().upstream().equals(nameThere));
    assertThat(at.ledger(mandate)).allMatch(entry -> entry.costMicros() == 7 + 4 * 3);
  }

  @Test
  void anotherCredentialOfTheSameUpstreamIsTriedWhereThatIsThePolicy() throws Exception {
    Resilience plain = Resilience.DEFAULT;
    OtherProviders.add(
        at,
        Upstreams.named(
                RunningGateway.TENANT,
                nameHere,
                Provider.OPENAI,
                here.url(),
                Upstreams.model(Upstreams.CHAT_MODEL, Set.of(Capability.CHAT)))
            .with(
                new Resilience(
                    plain.timeouts(), plain.capacity(), NEVER, 1, true, null, List.of())),
        KEY_HERE);
    at.beside(nameHere, "second-canary-0123456789abcdef");
    here.script =
        (request, out) ->
            out.write(
                request.toString().contains("second-canary")
                    ? RawUpstream.json(200, ANSWER)
                    : RawUpstream.json(429, "{}"));
    String key = at.key(at.mandate(mandate, access(nameHere, Limits.NONE)));
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
    assertThat(chat(key, "").statusCode()).isEqualTo(200);
    here.script = (_, out) -> out.write(RawUpstream.json(429, "{\"all\":1}"));
    here.drain();
    assertThat(chat(key, "").body()).isEqualTo("{\"all\":1}");
    assertThat(here.requests()).isEqualTo(2);
    RunningGateway.await(() -> at.ledger(mandate).size() == 3);
  }
}

package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Calls of every shape with faults among them, and the ledger held against the provider's own
/// count: equal to the token where no process was killed and no estimate was needed, bounded by
/// what is shown as estimated otherwise.
///
/// `-Dmandate.soak.calls=` makes it larger, `-Dmandate.figures=` keeps its table (see
/// `bench/README.md`).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Order(1)
class MeteringSoakTest {
  private static final List<Shape> SHAPES = List.of(Shape.values());
  private static final List<Caprice> CAPRICES = List.of(Caprice.values());
  private static final int CALLS = Integer.getInteger("mandate.soak.calls", 1_000);
  private static final int CALLERS = 32;
  private static final List<String> CLEAN = List.of("gpt-5-mini", "claude-haiku-4-5");
  private static final List<String> FAULTY = List.of("gpt-5", "claude-sonnet-4-5");
  private static final String EMBEDDING = "text-embedding-3-small";

  /// One in so many calls is of each kind of fault.
  private static final int FAULT_EVERY = 40;

  /// Of a caller that leaves before a whole answer is there.
  private static final Duration PATIENCE = Duration.ofMillis(20);

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private enum Shape {
    CHAT("/openai/v1/chat/completions", false),
    CHAT_STREAM("/openai/v1/chat/completions", true),
    RESPONSES("/openai/v1/responses", false),
    RESPONSES_STREAM("/openai/v1/responses", true),
    EMBEDDINGS("/openai/v1/embeddings", false),
    MESSAGES("/anthropic/v1/messages", false),
    MESSAGES_STREAM("/anthropic/v1/messages", true);

    private final String path;
    private final boolean streams;

    Shape(String path, boolean streams) {
      this.path = path;
      this.streams = streams;
    }

    boolean isOpenAi() {
      return path.startsWith("/openai");
    }

    String model(Caprice caprice) {
      return this == EMBEDDINGS ? EMBEDDING : models(caprice).get(isOpenAi() ? 0 : 1);
    }

    private static List<String> models(Caprice caprice) {
      return caprice.estimates ? FAULTY : CLEAN;
    }

    String body(Caprice caprice) {
      String head = "{\"model\":\"" + model(caprice) + "\"" + (streams ? ",\"stream\":true" : "");
      String prompt = "\"" + caprice.prompt() + "\"";
      return switch (this) {
        case CHAT, CHAT_STREAM ->
            head
                + ",\"max_completion_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":"
                + prompt
                + "}]}";
        case RESPONSES, RESPONSES_STREAM ->
            head + ",\"max_output_tokens\":64,\"input\":" + prompt + "}";
        case EMBEDDINGS -> head + ",\"input\":\"what is it worth\"}";
        case MESSAGES, MESSAGES_STREAM ->
            head
                + ",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":"
                + prompt
                + "}]}";
      };
    }
  }

  private OwnPostgres database;
  private DemoServer provider;

  /// It begins the deployment, and would put its own simulator back at each start.
  private DemoServer first;

  /// It takes the calls.
  private DemoServer node;

  private App.Tokens tokens;

  @BeforeAll
  void start() throws IOException {
    // Its simulator is the provider: it must outlive the node.
    provider = DemoServer.fresh();
    database = new OwnPostgres();
    Path folder = Files.createTempDirectory("mandate-soak-");
    first = DemoServer.start(folder.resolve("1"), List.of("--database", database.url()));
    node =
        DemoServer.start(
            folder.resolve("2"),
            List.of("--database", database.url(), "--join", first.folder().toString()));
    for (String upstream : List.of("openai", "anthropic")) {
      Provider.takeOver(
          first, upstream, simulator().toString(), provider.text("/upstream/" + upstream + "_key"));
    }
    tokens =
        Person.of(first, "admin")
            .give(
                App.publicApp(first),
                App.publicApp(first)
                    .ask(
                        "[{\"type\":\"llm_access\",\"upstream\":\"openai\"},"
                            + "{\"type\":\"llm_access\",\"upstream\":\"anthropic\"}]"));
    for (Shape shape : Shape.values()) {
      Load.await("calls to the provider", () -> call(shape, Caprice.NONE) == 200);
    }
  }

  @AfterAll
  void end() {
    node.killHard();
    first.killHard();
    provider.killHard();
    database.close();
  }

  @Test
  void theLedgerHasWhatTheProviderCounted() throws Exception {
    long since = begin();
    Tally tally = run(CALLS * 4 / 5, 0);
    Map<String, Tariff> tariffs = Tariff.atRest(database, simulator(), since);
    report("no process was killed", tally, tariffs);
    for (Tariff tariff : tariffs.values()) {
      if (FAULTY.contains(tariff.model())) {
        isBounded(tariff);
        assertThat(tariff.estimatedCalls()).as(tariff.toString()).isPositive();
      } else {
        assertThat(tariff.exact()).as(tariff.toString()).isEqualTo(tariff.truth());
        assertThat(tariff.estimatedCalls()).as(tariff.toString()).isZero();
        assertThat(tariff.booked()).isEqualTo(tariff.served());
        // A call is rounded up to the next millionth.
        assertThat(tariff.exactMicros())
            .isBetween(tariff.truthMicros(), tariff.truthMicros() + tariff.booked());
      }
    }
    assertThat(tariffs).containsKeys(CLEAN.toArray(String[]::new)).containsKey(EMBEDDING);
  }

  @Test
  void aNodeThatIsKilledBooksMoreThanTheTruthAndNeverLess() throws Exception {
    long since = begin();
    Tally tally = run(CALLS / 5, Math.max(1, CALLS / 50_000));
    Map<String, Tariff> tariffs = Tariff.atRest(database, simulator(), since);
    report("node killed with -9 under load", tally, tariffs);
    for (Tariff tariff : tariffs.values()) {
      isBounded(tariff);
    }
  }

  private static void isBounded(Tariff tariff) {
    assertThat(tariff.truth())
        .as(tariff.toString())
        .isBetween(tariff.exact(), tariff.exact() + tariff.estimated());
    assertThat(tariff.exactMicros() + tariff.estimatedMicros())
        .as(tariff.toString())
        .isGreaterThanOrEqualTo(tariff.truthMicros());
  }

  private long begin() {
    Http.postJson(simulator().resolve("/sim/reset"), "{}");
    return InstantSource.system().millis();
  }

  private static final class Tally {
    final AtomicInteger ok = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();
    final AtomicInteger lost = new AtomicInteger();
    int kills;
    long nanos;

    int done() {
      return ok.get() + refused.get() + lost.get();
    }
  }

  private Tally run(int calls, int kills) throws InterruptedException {
    Tally tally = new Tally();
    long began = System.nanoTime();
    AtomicInteger next = new AtomicInteger();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      callers.add(
          Thread.startVirtualThread(
              () -> {
                for (int n = next.getAndIncrement(); n < calls; n = next.getAndIncrement()) {
                  one(new SplittableRandom(n), tally);
                }
              }));
    }
    for (int kill = 1; kill <= kills; kill++) {
      int at = calls * kill / (kills + 1);
      while (tally.done() < at) {
        pause();
      }
      node.killHard();
      node = node.restart();
      tally.kills++;
    }
    for (Thread caller : callers) {
      caller.join();
    }
    tally.nanos = System.nanoTime() - began;
    return tally;
  }

  private void one(SplittableRandom random, Tally tally) {
    Shape shape = SHAPES.get(random.nextInt(SHAPES.size()));
    int fault = random.nextInt(FAULT_EVERY);
    // Embeddings have one model: they are called without faults.
    Caprice caprice =
        fault < CAPRICES.size() && shape != Shape.EMBEDDINGS ? CAPRICES.get(fault) : Caprice.NONE;
    int status = call(shape, caprice);
    while (status == 0) {
      // Nobody listens: the node is on its way back. The call was not sent.
      pause();
      status = call(shape, caprice);
    }
    (status == 200 ? tally.ok : status > 0 ? tally.refused : tally.lost).incrementAndGet();
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @return the status; 0 when nobody was there, -1 when it ended early
  private int call(Shape shape, Caprice caprice) {
    boolean leaves = caprice == Caprice.HUNG_UP;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(node.own(shape.path))
            .timeout(leaves && !shape.streams ? PATIENCE : Duration.ofSeconds(60))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(shape.body(caprice)));
    if (shape.isOpenAi()) {
      request.header("authorization", tokens.bearer());
    } else {
      request.header("x-api-key", tokens.access()).header("anthropic-version", "2023-06-01");
    }
    try {
      HttpResponse<InputStream> answer =
          CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = answer.body()) {
        if (leaves) {
          return body.read() < 0 ? answer.statusCode() : -1;
        }
        byte[] all = body.readAllBytes();
        return all.length == 0 ? -1 : answer.statusCode();
      }
    } catch (java.net.ConnectException e) {
      return 0;
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException(e));
    }
  }

  private static void report(String what, Tally tally, Map<String, Tariff> tariffs) {
    Figures.line(
        "%n%s: %,d calls in %d s, %,d answered, %,d refused, %,d ended early, kills: %d%n",
        what,
        tally.done(),
        Duration.ofNanos(tally.nanos).toSeconds(),
        tally.ok.get(),
        tally.refused.get(),
        tally.lost.get(),
        tally.kills);
    Figures.line(
        "| model | provider: calls | tokens | micros | ledger: calls | tokens, exact | of estimated"
            + " calls | ledger - provider, tokens | micros, exact + estimated | calls estimated |");
    Figures.line("|---|---|---|---|---|---|---|---|---|---|");
    for (Tariff t : tariffs.values()) {
      Figures.line(
          "| %s | %,d | %,d | %,d | %,d | %,d | %,d | %,d | %,d + %,d | %,d |",
          t.model(),
          t.served(),
          t.truth(),
          t.truthMicros(),
          t.booked(),
          t.exact(),
          t.estimated(),
          t.exact() + t.estimated() - t.truth(),
          t.exactMicros(),
          t.estimatedMicros(),
          t.estimatedCalls());
    }
  }

  private URI simulator() {
    return URI.create(provider.text("/upstream/simulator"));
  }
}

package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The promise about budgets, held against a provider's own count: a thousand calls at once on one
/// node and on three, a node killed, the database stopped. Spent stays within the cap, and what
/// nobody spent can be spent.
///
/// `-Dmandate.proof.calls=` makes it larger, `-Dmandate.figures=` keeps its table (see
/// `bench/budgets.py`).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Order(1)
class BudgetProofTest {
  private static final int CALLS = Integer.getInteger("mandate.proof.calls", 1_000);

  /// 16 tokens in and 10 out, at 0.25 and 2 dollars a million: 24 micros, without a rest.
  private static final String PROMPT = "[[sim delay=20 tokens=10]] it costs";

  private static final long COST = 24;

  /// More than a call of this kind reserves: what may be left at the end.
  private static final long WORST = 2 * COST;

  /// For half of the calls.
  private static final long CAP = CALLS / 2 * COST;

  private static final int CALLERS = 24;

  private OwnPostgres database;
  private DemoServer provider;
  private DemoServer first;
  private DemoServer second;
  private DemoServer third;
  private App app;
  private Person member;
  private String body;
  private String path;

  @BeforeAll
  void start() throws Exception {
    Path folder = Files.createTempDirectory("mandate-proof-");
    // Its simulator is the provider of all: it must outlive every node.
    provider = DemoServer.fresh();
    database = new OwnPostgres();
    first = DemoServer.start(folder.resolve("1"), List.of("--database", database.url()));
    second = DemoServer.start(folder.resolve("2"), joining());
    third = DemoServer.start(folder.resolve("3"), joining());
    app = App.publicApp(first);
    member = Person.of(first, "member");
    Llm llm = new Llm(first);
    path = llm.openai("/chat/completions").getPath();
    body = llm.chatBody(PROMPT, ",\"max_completion_tokens\":10");
    Provider.takeOver(
        first, "openai", simulator().toString(), provider.text("/upstream/openai_key"));
    String bearer = give("requests", CALLS).bearer();
    for (DemoServer node : nodes()) {
      Load.await("call to the provider", () -> call(node, bearer).status() == 200);
    }
    Figures.line(
        "| calls at once | nodes | what happens | cap | answered | broken | refused | provider's"
            + " own count | ledger | of it estimated | above the cap | forfeited |");
    Figures.line("|---|---|---|---|---|---|---|---|---|---|---|---|");
  }

  private List<String> joining() {
    return List.of("--database", database.url(), "--join", first.folder().toString());
  }

  @AfterAll
  void end() {
    for (DemoServer node : nodes()) {
      node.killHard();
    }
    provider.killHard();
    database.close();
  }

  @Test
  void aThousandCallsAtOnceSpendTheCapAndNotMoreOnOneNode() throws Exception {
    isSpentToTheEnd(List.of(first));
  }

  @Test
  void aThousandCallsAtOnceSpendTheCapAndNotMoreOnThreeNodes() throws Exception {
    isSpentToTheEnd(nodes());
  }

  private void isSpentToTheEnd(List<DemoServer> on) throws Exception {
    App.Tokens tokens = give("cost_micros", CAP);
    reset();
    Burst calls = burst(on, tokens);
    try (Watch watch = new Watch(tokens)) {
      calls.allAtOnce(CALLS);
      drain(calls);
      Books books = books(tokens);
      report(on.size(), "-", calls, books, 0);
      assertThat(books.truth()).isEqualTo(books.ledger()).isBetween(CAP - WORST + 1, CAP);
      assertThat(books.truthCalls()).isEqualTo(calls.answered()).isEqualTo(books.ledgerCalls());
      assertThat(books.estimatedCalls()).isZero();
      assertThat(calls.broken()).isZero();
      assertThat(watch.most()).isLessThanOrEqualTo(CAP);
    }
  }

  /// Nothing is held back here, for a call costs what it reserves: not one is refused too early.
  @Test
  void ofAThousandCallsAtOnceOnThreeNodesExactlyThoseAreAnsweredThatTheCapHasRoomFor()
      throws Exception {
    App.Tokens tokens = give("requests", CALLS / 2);
    reset();
    Burst calls = burst(nodes(), tokens).allAtOnce(CALLS);
    assertThat(calls.answered()).as(calls.toString()).isEqualTo(CALLS / 2);
    assertThat(calls.refused()).containsOnlyKeys("429 budget_exhausted");
    Books books = books(tokens);
    assertThat(books.truthCalls()).isEqualTo(CALLS / 2).isEqualTo(books.ledgerCalls());
  }

  @Test
  void aNodeThatIsKilledForfeitsWhatItHeldUntilItIsBack() throws Exception {
    App.Tokens tokens = give("cost_micros", CAP);
    reset();
    Burst calls = burst(nodes(), tokens);
    try (Watch watch = new Watch(tokens)) {
      calls.spend(CALLERS);
      Load.await("calls before the kill", () -> calls.answered() > CALLS / 8);
      second.killHard();
      calls.join();
      drain(calls);
      Books dead = books(tokens);
      long forfeited = dead.leased();
      report(3, "kill -9 of one", calls, dead, forfeited);
      assertThat(forfeited).as("the dead node held something").isPositive();
      assertThat(dead.ledger() + forfeited).isBetween(CAP - WORST + 1, CAP);
      assertThat(dead.truth()).isBetween(dead.ledger(), dead.ledger() + forfeited);
      // While it comes back, what its journal brings into the ledger is in its old lease as well,
      // until
      // it gives that back: counted twice, for a moment, and never too little.
      assertThat(watch.most()).isLessThanOrEqualTo(CAP);

      second = second.restart();
      drain(calls);
      Books back = books(tokens);
      report(3, "… and its restart", calls, back, 0);
      assertThat(back.ledger()).isBetween(CAP - WORST + 1, CAP);
      assertThat(back.truth()).isBetween(back.ledger() - back.estimated(), back.ledger());
      assertThat(back.estimatedCalls()).isLessThanOrEqualTo(calls.broken());
    }
  }

  @Test
  void aDatabaseThatIsStoppedAndStartedLosesNothingAndGivesNothingAway() throws Exception {
    App.Tokens tokens = give("cost_micros", CAP);
    reset();
    Burst calls = burst(nodes(), tokens);
    try (Watch watch = new Watch(tokens)) {
      calls.spend(CALLERS);
      Load.await("calls before the stop", () -> calls.answered() > CALLS / 8);
      database.stop();
      Load.await("refusals", () -> calls.refused().keySet().toString().contains("503 "));
      database.startAgain();
      calls.join();
      for (DemoServer node : nodes()) {
        Load.await("ready nodes", () -> Http.get(node.own("/readyz")).status() == 200);
      }
      drain(calls);
      Books books = books(tokens);
      report(3, "database stopped and started", calls, books, 0);
      assertThat(books.truth()).isEqualTo(books.ledger()).isBetween(CAP - WORST + 1, CAP);
      assertThat(books.truthCalls()).isEqualTo(calls.answered());
      assertThat(calls.broken()).isZero();
      assertThat(watch.most()).isLessThanOrEqualTo(CAP);
    }
  }

  /// That the proof proves something: the same calls against a counter that is checked and then
  /// charged.
  @Test
  void aCounterThatIsCheckedAndThenChargedIsOverspent() throws Exception {
    reset();
    String key = provider.text("/upstream/openai_key");
    URI chat = simulator().resolve("/v1/chat/completions");
    try (NaiveCounter naive = new NaiveCounter(database, chat, key, CAP, COST)) {
      Burst calls = new Burst(_ -> naive.uri(), body, "-").allAtOnce(CALLS);
      long truth = truth();
      Figures.line(
          "| %,d | 1 | check, then charge | %,d | %,d | %,d | %,d | %,d | %,d | 0 | **%,d** | - |",
          CALLS,
          CAP,
          calls.answered(),
          calls.broken(),
          refusals(calls),
          truth,
          naive.spent(),
          Math.max(0, truth - CAP));
      assertThat(truth).isGreaterThan(CAP);
    }
  }

  private static void report(int nodes, String what, Burst calls, Books books, long forfeited) {
    Figures.line(
        "| %,d | %d | %s | %,d | %,d | %,d | %,d | %,d | %,d | %,d (%d calls) | %,d | %,d |",
        CALLS,
        nodes,
        what,
        CAP,
        calls.answered(),
        calls.broken(),
        refusals(calls),
        books.truth(),
        books.ledger(),
        books.estimated(),
        books.estimatedCalls(),
        Math.max(0, books.truth() - CAP),
        forfeited);
  }

  private static int refusals(Burst calls) {
    return calls.refused().values().stream().mapToInt(Integer::intValue).sum();
  }

  /// By a few callers and then by one, who finds the last that others held while they called.
  private static void drain(Burst calls) throws InterruptedException {
    calls.spend(CALLERS).join();
    calls.spend(1).join();
  }

  private Burst burst(List<DemoServer> on, App.Tokens tokens) {
    return new Burst(n -> on.get(n % on.size()).own(path), body, tokens.bearer());
  }

  private List<DemoServer> nodes() {
    return List.of(first, second, third);
  }

  private App.Tokens give(String limit, long amount) {
    return member.give(
        app,
        app.ask(
            "[{\"type\":\"llm_access\",\"upstream\":\"openai\",\"limits\":{\"%s\":%d}}]"
                .formatted(limit, amount)));
  }

  private Http.Answer call(DemoServer node, String bearer) {
    return Http.postJson(node.own(path), body, "authorization", bearer);
  }

  private URI simulator() {
    return URI.create(provider.text("/upstream/simulator"));
  }

  private void reset() {
    Http.postJson(simulator().resolve("/sim/reset"), "{}");
  }

  private long truth() {
    return Http.get(simulator().resolve("/sim/stats")).json().at("/total/cost_micros").asLong();
  }

  private Books books(App.Tokens tokens) throws SQLException, InterruptedException {
    return Books.atRest(database, simulator(), MainJobTest.mandate(tokens));
  }

  /// Looks all the time at what is spent or may be: the cap holds at every moment, not at the end
  /// only.
  private final class Watch implements AutoCloseable {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong most = new AtomicLong();
    private final Thread thread;

    Watch(App.Tokens tokens) {
      String account = "'mandate/" + MainJobTest.mandate(tokens) + "/0'";
      String sql =
          "SELECT coalesce((SELECT sum(cost_micros) FROM account_totals WHERE account = "
              + account
              + "), 0) + coalesce((SELECT sum(held) FROM leases WHERE unit = 'cost_micros' AND"
              + " account = "
              + account
              + "), 0)";
      this.thread = Thread.startVirtualThread(() -> look(sql));
    }

    private void look(String sql) {
      while (!stop.get()) {
        try (Connection connection = database.connect();
            Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery(sql)) {
          row.next();
          most.accumulateAndGet(row.getLong(1), Math::max);
          Thread.sleep(50);
        } catch (SQLException stopped) {
          // It was the test that stopped the database.
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }

    /// Spent and leased at once, at most.
    long most() {
      assertThat(most.get()).isPositive();
      return most.get();
    }

    @Override
    public void close() {
      stop.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

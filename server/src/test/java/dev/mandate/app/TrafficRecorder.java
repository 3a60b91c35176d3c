package dev.mandate.app;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.FindingStore;
import dev.mandate.domain.monitoring.Observed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.vault.LocalMasterKeys;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.oauth.authorize.AuthorizeConfig;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.json.Json;
import dev.mandate.simulator.SimulatedModel;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Clients;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.Users;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;

/// Makes `recordings/four-callers.csv`: drives a whole server over HTTP with four callers of
/// different habits for five weeks of its own clock, which stands where the next call is due, and
/// writes down what its audit log says, read through the admin API. For the command line; no test.
public final class TrafficRecorder implements AutoCloseable {
  private static final TenantId TENANT = TenantId.DEFAULT;

  /// A Monday.
  private static final Instant START = Instant.parse("2026-09-07T00:00:00Z");

  private static final Duration LENGTH = Duration.ofDays(35);
  private static final Duration LIFE = Duration.ofDays(60);

  final TestClock clock = new TestClock(START);
  private final Vertx vertx = Vertx.vertx();
  private final TokenSource random = new TokenSource(new SecureRandom(), clock);
  private final DemoFile file = DemoFile.generate(random).firstEntry().getValue();
  private final SimulatedProvider simulator =
      SimulatedProvider.start(
          vertx, SimulatorConfig.loopback(0, file.openaiSecret(), file.anthropicSecret()));
  private final User person = Users.member(TENANT, "riley");
  private final Client app = Clients.app(TENANT);
  private final String url;
  private final Server server;

  private TrafficRecorder(Path data) throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    url = "http://localhost:" + port;
    server =
        new Server(
            new Setup(
                url,
                // The callers' addresses are what a proxy says of them.
                new ListenerConfig(
                    "127.0.0.1",
                    port,
                    1 << 18,
                    1 << 14,
                    Duration.ofMinutes(5),
                    List.of("127.0.0.1"),
                    1,
                    null),
                data,
                null,
                Duration.ofSeconds(5),
                LocalMasterKeys.of(new byte[32], new SecureRandom()),
                new SecretWatch(List.of()),
                Duration.ZERO,
                TokenConfig.DEFAULT,
                dev.mandate.domain.signingkey.KeyRotation.STANDARD,
                GatewayConfig.DEFAULT,
                true,
                AuthorizeConfig.STANDARD,
                dev.mandate.domain.apikey.ApiKeyPolicy.STANDARD,
                Observation.NONE,
                null),
            List.of(
                new Demo(TENANT, "Recorded", file, URI.create(simulator.baseUrl()), START)
                    .seed(
                        models(SimulatedModel.Vendor.OPENAI),
                        models(SimulatedModel.Vendor.ANTHROPIC),
                        Map.of())),
            clock);
    stores().users().insert(person);
    stores().users().saveEntitlements(TENANT, Role.MEMBER, List.of(LlmTerms.unbounded("openai")));
    stores().clients().save(app);
  }

  private List<String> models(SimulatedModel.Vendor vendor) {
    return simulator.models().stream()
        .filter(model -> model.vendor() == vendor)
        .map(SimulatedModel::id)
        .toList();
  }

  private Stores stores() {
    return server.parts().stores();
  }

  String url(String path) {
    return url + path;
  }

  /// An access token of the service, as it gets one.
  String serviceToken() {
    Wire.Answer answer =
        Wire.post(
            url("/oauth/token"),
            "grant_type",
            "client_credentials",
            "client_id",
            DemoFile.SERVICE_CLIENT,
            "client_secret",
            file.serviceSecret().reveal());
    String token = answer.text("/access_token");
    if (token.isEmpty()) {
      throw new IllegalStateException("no token: " + answer.body());
    }
    return token;
  }

  /// A key of the person, for a mandate of its own.
  String key(String name, Limits limits) {
    LlmAccess access =
        new LlmAccess(
            "openai",
            new TreeSet<>(models(SimulatedModel.Vendor.OPENAI)),
            Set.of(Capability.CHAT, Capability.EMBEDDINGS),
            limits,
            START.plus(LIFE));
    Mandate mandate =
        new Mandate(
            TENANT,
            new MandateId("mnd_" + name),
            app.id(),
            person.id(),
            new TreeSet<>(Set.of("offline_access")),
            List.of(access),
            START,
            START.plus(LIFE),
            null,
            null);
    stores().mandates().insert(mandate);
    return server
        .parts()
        .apiKeys()
        .make(
            new ApiKeys.Wish(TENANT, name, person.id(), mandate, Set.of(), KeyBounds.NONE, null),
            START.plus(LIFE),
            START)
        .secret()
        .reveal();
  }

  /// One call at a time, whoever's is due next.
  private long run(List<TrafficHabit> habits) {
    long calls = 0;
    while (true) {
      TrafficHabit next =
          habits.stream().min(Comparator.comparing(TrafficHabit::due)).orElseThrow();
      Instant due = next.due();
      if (!due.isBefore(START.plus(LENGTH))) {
        return calls;
      }
      if (Observed.slotOf(due.toEpochMilli()) != Observed.slotOf(clock.millis())) {
        // What the thread that looks does every fifteen seconds of real time, once a slot.
        server.parts().monitoring().monitor.round();
      }
      clock.set(due);
      calls += next.act(due);
      // The call ends, for the audit log, a moment after its last byte.
      LockSupport.parkNanos(500_000);
    }
  }

  /// The audit log as its export gives it.
  private List<JsonNode> exported(long calls) {
    while (true) {
      List<JsonNode> all = new ArrayList<>();
      String cursor = "";
      do {
        JsonNode page =
            Wire.get(
                    url("/admin/v1/audit?from=1&limit=100" + cursor),
                    "authorization",
                    "Bearer " + file.adminKeySecret().reveal())
                .json();
        page.path("items").forEach(all::add);
        String next = page.path("next_cursor").asText();
        cursor = next.isEmpty() ? "" : "&cursor=" + next;
      } while (!cursor.isEmpty());
      List<JsonNode> counted =
          all.stream().filter(one -> one.at("/details").has("caller")).toList();
      System.err.println(all.size() + " events, " + counted.size() + " of " + calls + " calls");
      if (counted.size() >= calls) {
        return counted;
      }
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
    }
  }

  private static final class Letters {
    private final Map<String, String> letters = new LinkedHashMap<>();

    String of(String text) {
      return letters.computeIfAbsent(text, _ -> String.valueOf((char) ('a' + letters.size())));
    }

    void write(String what, List<String> lines) {
      letters.forEach((text, letter) -> lines.add(what + " " + letter + " " + text));
    }
  }

  private static List<String> csv(List<JsonNode> events, List<Finding> found) {
    Letters callers = new Letters();
    Letters networks = new Letters();
    Letters models = new Letters();
    List<String> rows = new ArrayList<>();
    Instant last = START;
    for (JsonNode event : events) {
      Instant at = Instant.parse(event.path("at").asText());
      boolean allowed = event.path("type").asText().equals("call.allowed");
      JsonNode details = event.path("details");
      rows.add(
          "%d,%s,%s,%s,%s,%d"
              .formatted(
                  Duration.between(last, at).toSeconds(),
                  callers.of(details.path("caller").asText()),
                  networks.of(details.path("network").asText()),
                  models.of(details.path("model").asText()),
                  allowed
                      ? details.path("outcome").asText()
                      : "refused:" + event.path("outcome").asText(),
                  details.path("cost_micros").asLong()));
      last = at;
    }
    List<String> lines = new ArrayList<>();
    lines.add("start " + START);
    callers.write("caller", lines);
    networks.write("network", lines);
    models.write("model", lines);
    for (Finding one : found.reversed()) {
      lines.add(
          "found %s %s %s".formatted(one.at(), callers.of(one.caller().text()), one.kind().wire()));
    }
    lines.add("seconds_since_the_row_before,caller,network,model,outcome,cost_micros");
    lines.addAll(rows);
    return lines;
  }

  @Override
  public void close() {
    server.close();
    simulator.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /// @param args the file to write, and a second one for the audit log as JSON
  public static void main(String[] args) throws IOException {
    try (TrafficRecorder recorder =
        new TrafficRecorder(Files.createTempDirectory("mandate-recording"))) {
      List<TrafficHabit> habits = TrafficHabits.all(recorder, START);
      long calls = recorder.run(habits);
      recorder.server.parts().monitoring().monitor.round();
      habits.forEach(TrafficHabit::close);
      List<JsonNode> events = recorder.exported(calls);
      List<Finding> found =
          recorder
              .stores()
              .findings()
              .findings(TENANT, new FindingStore.Filter(null, null), null, 10_000);
      Files.write(Path.of(args[0]), csv(events, found));
      if (args.length > 1) {
        Files.writeString(Path.of(args[1]), Json.write(Map.of("items", events)));
      }
    }
  }
}

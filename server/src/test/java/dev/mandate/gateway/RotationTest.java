package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.credential.CredentialLifeStore;
import dev.mandate.domain.credential.CredentialPolicy;
import dev.mandate.domain.credential.CredentialState;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.credential.Rotation;
import dev.mandate.domain.credential.Rotation.Step;
import dev.mandate.domain.credential.Rotations;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import dev.mandate.simulator.SimulatorConfig.Administration;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.Upstreams;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Keys replaced at a provider that makes new ones, knows them late, and refuses those that are
/// deleted.
@Timeout(60)
class RotationTest {
  private static final Secret FIRST = Secret.of("sk-first-0123456789abcdef");
  private static final Secret ADMIN = Secret.of("sk-admin-canary-0123456789abcdef");
  private static final String PROJECT = "proj_1";
  private static final String BODY =
      "{\"model\":\"gpt-5-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  @TempDir private Path folder;
  private final Vertx vertx = Vertx.vertx();
  private final TestClock providerClock = new TestClock();
  private SimulatedProvider provider;
  private RunningGateway gateway;
  private Upstream upstream;

  @BeforeEach
  void start() {
    provider =
        SimulatedProvider.start(
            vertx,
            new SimulatorConfig(
                    "127.0.0.1",
                    0,
                    FIRST,
                    Secret.of("sk-ant-0123456789abcdef"),
                    List.of(),
                    dev.mandate.simulator.SimulatedModel.DEFAULTS,
                    SimulatorConfig.DEFAULT_MAX_BODY_BYTES,
                    providerClock)
                .with(new Administration(ADMIN, PROJECT, Duration.ofSeconds(12), 100)));
    URI url = URI.create(provider.baseUrl());
    upstream =
        new Upstream(
            RunningGateway.TENANT,
            "openai",
            "OpenAI",
            Provider.OPENAI,
            url,
            true,
            "test-1",
            List.of(Upstreams.model("gpt-5-mini", Set.of(Capability.CHAT))));
    gateway =
        new RunningGateway(
            folder,
            upstream,
            Upstreams.anthropic(RunningGateway.TENANT, url),
            GatewayConfig.DEFAULT);
    gateway.credential("openai", FIRST.reveal());
    policy(ADMIN, 10);
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private void policy(Secret admin, @Nullable Integer days) {
    CredentialPolicy now =
        gateway.stores.credentialPolicies().policy(RunningGateway.TENANT, "openai");
    assertThat(
            gateway
                .stores
                .credentialPolicies()
                .replace(
                    upstream.origin(),
                    now,
                    new CredentialPolicy(
                        RunningGateway.TENANT,
                        "openai",
                        OwnCredentials.OFF,
                        days,
                        PROJECT,
                        gateway.seal(now.row(), admin),
                        "")))
        .isTrue();
  }

  private Stored current() {
    return Objects.requireNonNull(
        gateway.stores.credentials().current(RunningGateway.TENANT, "openai"));
  }

  private @Nullable Rotation rotation() {
    return gateway.stores.rotations().find(RunningGateway.TENANT, "openai");
  }

  private void advance(Duration by) {
    gateway.clock.advance(by);
    providerClock.advance(by);
  }

  private JsonNode admin(String path) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(provider.baseUrl() + path))
                    .header("authorization", "Bearer " + ADMIN.reveal())
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    return Json.parse(answer.body());
  }

  private List<String> accounts() throws Exception {
    List<String> ids = new ArrayList<>();
    admin("/v1/organization/projects/" + PROJECT + "/service_accounts?limit=100")
        .path("data")
        .forEach(account -> ids.add(account.path("id").asText()));
    return ids;
  }

  @Test
  void aKeyIsReplacedUnderLoadWithoutAFailedCall() throws Exception {
    String key = gateway.caller("m", Limits.NONE);
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger done = new AtomicInteger();
    ConcurrentLinkedQueue<String> failed = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      callers.add(
          Thread.startVirtualThread(
              () -> {
                while (!over.get()) {
                  HttpResponse<String> answer =
                      gateway.send(gateway.post(key, "/openai/v1/chat/completions", BODY));
                  if (answer.statusCode() != 200) {
                    failed.add(answer.body());
                  }
                  done.incrementAndGet();
                }
              }));
    }
    Stored first = current();
    assertThat(gateway.rotations.begin(first)).isEqualTo(Rotations.Begun.DONE);
    assertThat(gateway.rotations.begin(first)).isEqualTo(Rotations.Begun.NOT_NOW);
    finish(done);
    Stored second = current();
    assertThat(second.providerRef()).isNotNull();
    assertThat(accounts()).containsExactly(second.providerRef());
    assertThat(Objects.requireNonNull(find(first.id())).state()).isEqualTo(CredentialState.RETIRED);
    // By its schedule this time; the provider refuses the old key from its deletion on.
    advance(Duration.ofDays(11));
    gateway.upkeep.tick();
    assertThat(rotation()).isNotNull();
    finish(done);
    Stored third = current();
    assertThat(accounts())
        .containsExactly(third.providerRef())
        .doesNotContain(second.providerRef());
    assertThat(find(second.id())).isNull();
    int after = done.get() + 8;
    RunningGateway.await(() -> done.get() > after);
    over.set(true);
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(failed.stream().limit(3)).isEmpty();
    assertThat(told(Notice.Kind.CREDENTIAL_ROTATED)).hasSize(2);
    assertThat(gateway.audit())
        .extracting(event -> event.type())
        .contains("credential.made", "credential.rotated")
        .doesNotContain("credential.rejected", "credential.rotation_failed");
  }

  private List<Notice> told(Notice.Kind kind) {
    return gateway.told.all().stream().filter(notice -> notice.kind() == kind).toList();
  }

  private @Nullable Stored find(String id) {
    return gateway.stores.credentialLives().find(RunningGateway.TENANT, id);
  }

  /// Lets time pass, and some calls in it.
  private void finish(AtomicInteger done) {
    for (int i = 0; i < 60 && rotation() != null; i++) {
      gateway.upkeep.tick();
      int before = done.get() + 4;
      RunningGateway.await(() -> done.get() > before);
      advance(CredentialLifeStore.BUSY_EVERY);
    }
    assertThat(rotation()).isNull();
  }

  /// Dies after the provider has done what it was asked.
  private final class Killed implements ProviderDesk {
    private final ProviderDesk desk = gateway.desk;

    private static final class Kill extends RuntimeException {}

    @Override
    public Verdict test(Upstream at, Secret secret) {
      desk.test(at, secret);
      throw new Kill();
    }

    @Override
    public Made make(Upstream at, Maker maker, String name) throws Refused {
      desk.make(at, maker, name);
      throw new Kill();
    }

    @Override
    public void delete(Upstream at, Maker maker, String ref) throws Refused {
      desk.delete(at, maker, ref);
      throw new Kill();
    }

    @Override
    public List<String> named(Upstream at, Maker maker, String name) throws Refused {
      return desk.named(at, maker, name);
    }
  }

  private Rotations rotations(ProviderDesk desk) {
    return gateway.rotations(desk);
  }

  @Test
  void aKillWithinEveryStepLeavesOneKeyAndNoOrphan() throws Exception {
    Rotations killed = rotations(new Killed());
    gateway.rotations.begin(current());
    finishThroughKills(killed);
    Stored made = current();
    assertThat(accounts()).containsExactly(made.providerRef());
    assertThat(gateway.audit())
        .extracting(event -> event.type())
        .contains("credential.orphan_deleted");
    gateway.rotations.begin(made);
    finishThroughKills(killed);
    assertThat(accounts()).containsExactly(current().providerRef());
    assertThat(current().id()).isNotEqualTo(made.id());
    assertThat(find(made.id())).isNull();
  }

  /// Every step is first done by a process that dies in it, then by one that lives.
  private void finishThroughKills(Rotations killed) {
    for (int i = 0; i < 100 && rotation() != null; i++) {
      for (Rotation due : killed.take("dies", Duration.ZERO)) {
        try {
          killed.goOn(due, "dies");
        } catch (Killed.Kill e) {
          // As a process that is gone.
        }
      }
      for (Rotation due : gateway.rotations.take("lives", Duration.ZERO)) {
        gateway.rotations.goOn(due, "lives");
      }
      advance(CredentialLifeStore.BUSY_EVERY);
      gateway.stores.credentialLives().retire(RunningGateway.TENANT, gateway.clock.instant());
    }
    assertThat(rotation()).isNull();
  }

  @Test
  void aNodeThatComesLateDeletesWhatItMade() throws Exception {
    gateway.rotations.begin(current());
    Rotation late = gateway.rotations.take("late", Duration.ZERO).getFirst();
    Rotations slow =
        rotations(
            new Late(
                () ->
                    gateway
                        .rotations
                        .take("quick", Duration.ZERO)
                        .forEach(due -> gateway.rotations.goOn(due, "quick"))));
    slow.goOn(late, "late");
    Rotation now = Objects.requireNonNull(rotation());
    assertThat(now.step()).isEqualTo(Step.TESTING);
    assertThat(accounts()).containsExactly(now.madeRef());
  }

  /// While it makes a key, something else happens.
  private final class Late implements ProviderDesk {
    private final Runnable meanwhile;

    Late(Runnable meanwhile) {
      this.meanwhile = meanwhile;
    }

    @Override
    public Verdict test(Upstream at, Secret secret) {
      return gateway.desk.test(at, secret);
    }

    @Override
    public Made make(Upstream at, Maker maker, String name) throws Refused {
      Made made = gateway.desk.make(at, maker, name);
      meanwhile.run();
      return made;
    }

    @Override
    public void delete(Upstream at, Maker maker, String ref) throws Refused {
      gateway.desk.delete(at, maker, ref);
    }

    @Override
    public List<String> named(Upstream at, Maker maker, String name) throws Refused {
      return gateway.desk.named(at, maker, name);
    }
  }

  @Test
  void anAdminKeyThatIsRefusedFailsInTheEndAndChangesNothing() throws Exception {
    policy(Secret.of("sk-admin-wrong-0123456789abcdef"), null);
    Stored first = current();
    gateway.rotations.begin(first);
    for (int i = 0; i < 40; i++) {
      gateway.upkeep.tick();
      advance(Duration.ofHours(1));
    }
    assertThat(told(Notice.Kind.CREDENTIAL_ROTATION_FAILED)).isNotEmpty();
    assertThat(current().id()).isEqualTo(first.id());
    assertThat(accounts()).isEmpty();
    // With the right one, it is cleaned up and made anew.
    policy(ADMIN, null);
    for (int i = 0; i < 5; i++) {
      advance(Duration.ofHours(1));
      gateway.upkeep.tick();
    }
    assertThat(Objects.requireNonNull(rotation()).step()).isEqualTo(Step.FAILED);
    assertThat(gateway.rotations.begin(first)).isEqualTo(Rotations.Begun.DONE);
  }

  @Test
  void noMessageNorEventHoldsAKey() {
    gateway.rotations.begin(current());
    for (int i = 0; i < 30 && rotation() != null; i++) {
      gateway.upkeep.tick();
      advance(CredentialLifeStore.BUSY_EVERY);
    }
    assertThat(rotation()).isNull();
    assertThat(gateway.audit().toString() + gateway.told.all()).doesNotContain("sk-");
  }
}

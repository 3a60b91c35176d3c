package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.promptlog.PromptLog;
import dev.mandate.domain.promptlog.PromptLogPolicy;
import dev.mandate.domain.promptlog.PromptLogStore.Kept;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Sealer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is kept of what was said, and of whom: nothing, unless the tenant said so.
class PromptLogTest {
  private static final TenantId TENANT = RunningGateway.TENANT;
  private static final String CHAT = "/openai/v1/chat/completions";
  private static final String ASKED = "canary-question about the harbour";
  private static final String ANSWERED = "canary-answer to ada@example.com";
  private static final PromptLogPolicy ALL =
      new PromptLogPolicy(PromptLogPolicy.ALL, Duration.ofDays(7));

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway gateway;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200,
                    "{\"choices\":[{\"message\":{\"content\":\""
                        + ANSWERED
                        + "\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}"));
    gateway = new RunningGateway(folder, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    gateway.close();
    upstream.close();
  }

  private void keep(PromptLogPolicy policy) {
    PromptLogPolicy before = gateway.stores.promptLog().policy(TENANT);
    assertThat(gateway.stores.promptLog().replace(TENANT, before, policy)).isTrue();
  }

  private void call() {
    HttpResponse<String> answer =
        gateway.send(
            gateway.post(
                gateway.caller("m_" + System.nanoTime(), Limits.NONE),
                CHAT,
                RunningGateway.chatBody("").replace("Hi", ASKED)));
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  /// The first call asks for the policy and is not kept itself.
  private Kept kept() {
    RunningGateway.await(
        () -> {
          call();
          return !all(TENANT).isEmpty();
        });
    return all(TENANT).getFirst();
  }

  private List<Kept> all(TenantId tenant) {
    return gateway.stores.promptLog().page(tenant, null, gateway.clock.instant(), null, null, 100);
  }

  private String onDisk() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return all.toString();
  }

  @Test
  void nothingIsKeptUnlessTheTenantSaysSo() throws Exception {
    for (int i = 0; i < 5; i++) {
      call();
    }
    gateway.promptLog.close();
    assertThat(all(TENANT)).isEmpty();
    assertThat(gateway.promptLog.kept()).isZero();
    assertThat(onDisk()).doesNotContain("canary-");
  }

  @Test
  void whatIsKeptIsRedactedSealedAndReadAgain() throws Exception {
    keep(ALL);
    Kept kept = kept();
    PromptLog.Words words = Objects.requireNonNull(gateway.promptLog.read(TENANT, kept.call()));
    assertThat(words.request()).contains(ASKED);
    assertThat(words.answer()).isEqualTo("canary-answer to [e-mail]");
    assertThat(kept.model()).isEqualTo("gpt-test");
    // Neither in the tables nor in the write-ahead log, nor anywhere else.
    assertThat(onDisk()).contains(kept.call()).doesNotContain("canary-").doesNotContain("harbour");
  }

  @Test
  void whatIsKeptIsTheTenantsOwnAndBoundToItsRow() {
    keep(ALL);
    Kept kept = kept();
    TenantId other = new TenantId("globex");
    assertThat(gateway.promptLog.read(other, kept.call())).isNull();
    assertThat(all(other)).isEmpty();
    Kept moved =
        new Kept(
            TENANT,
            "req_other",
            kept.mandate(),
            kept.upstream(),
            kept.model(),
            kept.at(),
            kept.expiresAt(),
            kept.sealed());
    assertThat(gateway.stores.promptLog().keep(moved)).isTrue();
    assertThatThrownBy(() -> gateway.promptLog.read(TENANT, "req_other"))
        .isInstanceOf(Sealer.SealBroken.class);
  }

  @Test
  void whatIsKeptExpiresAndIsDeleted() {
    keep(new PromptLogPolicy(PromptLogPolicy.ALL, Duration.ofDays(1)));
    Kept kept = kept();
    gateway.clock.advance(Duration.ofDays(1).minusSeconds(1));
    assertThat(gateway.promptLog.read(TENANT, kept.call())).isNotNull();
    gateway.clock.advance(Duration.ofSeconds(2));
    // Before housekeeping has come by.
    assertThat(gateway.promptLog.read(TENANT, kept.call())).isNull();
    assertThat(gateway.stores.housekeeping().sweep(gateway.clock.instant())).isPositive();
    assertThat(gateway.stores.promptLog().find(TENANT, kept.call(), kept.at())).isNull();
  }

  @Test
  void onceTurnedOffNothingMoreIsKept() {
    keep(ALL);
    Kept first = kept();
    keep(PromptLogPolicy.OFF);
    long before = all(TENANT).size();
    // Not even what was on its way.
    Kept late =
        new Kept(
            TENANT,
            "req_late",
            first.mandate(),
            first.upstream(),
            first.model(),
            first.at(),
            first.expiresAt(),
            first.sealed());
    assertThat(gateway.stores.promptLog().keep(late)).isFalse();
    for (int i = 0; i < 3; i++) {
      call();
    }
    gateway.promptLog.close();
    assertThat(all(TENANT)).hasSize((int) before);
  }
}

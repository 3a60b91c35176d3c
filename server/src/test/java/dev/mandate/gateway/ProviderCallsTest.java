package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.credential.ProviderDesk.Maker;
import dev.mandate.domain.credential.ProviderDesk.Refused;
import dev.mandate.domain.credential.ProviderDesk.Verdict;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.gateway.desk.ProviderCalls;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.Upstreams;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What asking a provider about a key can be turned into.
class ProviderCallsTest {
  private static final Secret KEY = Secret.of("sk-canary-0123456789abcdef");
  private static final Maker MAKER = new Maker(KEY, "proj_1");
  private static Vertx vertx;
  private static ProviderCalls desk;
  private static ProviderCalls guarded;
  private RawUpstream provider;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    desk = new ProviderCalls(vertx, new Egress(true, Map.of()), InstantSource.system());
    guarded = new ProviderCalls(vertx, new Egress(false, Map.of()), InstantSource.system());
  }

  @AfterAll
  static void stop() {
    desk.close();
    guarded.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @BeforeEach
  void open() {
    provider = new RawUpstream();
  }

  @AfterEach
  void close() throws IOException {
    provider.close();
  }

  private Upstream upstream() {
    return Upstreams.openai(Tenants.ACME, provider.url());
  }

  @ParameterizedTest
  @CsvSource({
    "200, OK",
    "401, REJECTED",
    "403, FORBIDDEN",
    "404, UNREACHABLE",
    "429, UNREACHABLE",
    "500, UNREACHABLE"
  })
  void aTestGoesByTheStatusAlone(int status, Verdict verdict) {
    provider.script = (_, out) -> out.write(RawUpstream.json(status, "{}"));
    assertThat(desk.test(upstream(), KEY)).isEqualTo(verdict);
    assertThat(desk.test(Upstreams.anthropic(Tenants.ACME, provider.url()), KEY))
        .isEqualTo(verdict);
  }

  @Test
  void noByteOfAKeyGoesToAnAddressThatIsNotPublic() {
    provider.script = (_, out) -> out.write(RawUpstream.json(200, "{}"));
    assertThat(guarded.test(upstream(), KEY)).isEqualTo(Verdict.UNREACHABLE);
    assertThatThrownBy(() -> guarded.make(upstream(), MAKER, "rot_1")).isInstanceOf(Refused.class);
    assertThat(provider.received).isEmpty();
  }

  @Test
  void aRedirectIsNotFollowed() throws IOException {
    try (RawUpstream inside = new RawUpstream()) {
      provider.script =
          (_, out) ->
              out.write(RawUpstream.json(302, "", "location", inside.url() + "/latest/meta-data"));
      assertThat(desk.test(upstream(), KEY)).isEqualTo(Verdict.UNREACHABLE);
      assertThatThrownBy(() -> desk.named(upstream(), MAKER, "x")).isInstanceOf(Refused.class);
      assertThat(inside.received).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":\"wrong key sk-canary-0123456789abcdef\"}",
        "sk-canary-0123456789abcdef is not JSON",
        "{\"id\":\"svc_1\",\"api_key\":{\"value\":\"sk-canary-1\\r\\nx-evil: 1\"}}",
        "{\"id\":\"../../admin_api_keys/1\",\"api_key\":{\"value\":\"sk-canary-0123456789\"}}",
        "{\"id\":\"svc_1\"}"
      })
  void anAnswerThatIsNoKeyIsRefusedWithoutItsWords(String body) {
    for (int status : new int[] {200, 400, 401, 500}) {
      provider.script = (_, out) -> out.write(RawUpstream.json(status, body));
      assertThatThrownBy(() -> desk.make(upstream(), MAKER, "rot_1"))
          .isInstanceOf(Refused.class)
          .hasMessageNotContaining("canary")
          .hasMessageNotContaining("evil")
          .hasNoCause();
    }
  }

  @Test
  void anAnswerWithoutEndIsCutOff() {
    provider.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          byte[] much = RawUpstream.chunk("x".repeat(64 * 1024));
          for (int i = 0; i < 100; i++) {
            out.write(much);
          }
        };
    assertThatThrownBy(() -> desk.make(upstream(), MAKER, "rot_1")).isInstanceOf(Refused.class);
  }

  @Test
  void aListThatNeverEndsIsGivenUp() {
    provider.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200, "{\"data\":[{\"id\":\"svc_1\",\"name\":\"x\"}],\"has_more\":true}"));
    assertThatThrownBy(() -> desk.named(upstream(), MAKER, "y"))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("more service accounts");
    assertThat(provider.received).hasSize(100);
  }

  @Test
  void theProviderSaysWhenToAskAgain() {
    provider.script = (_, out) -> out.write(RawUpstream.json(429, "{}", "retry-after", "77"));
    assertThatThrownBy(() -> desk.delete(upstream(), MAKER, "svc_1"))
        .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.retryAfter()).hasSeconds(77));
  }

  @Test
  void whatIsGoneAlreadyIsDeleted() throws Exception {
    provider.script = (_, out) -> out.write(RawUpstream.json(404, "{}"));
    desk.delete(upstream(), MAKER, "svc_1");
    assertThat(List.copyOf(provider.received))
        .singleElement()
        .satisfies(
            request ->
                assertThat(request.line())
                    .startsWith("DELETE /v1/organization/projects/proj_1/service_accounts/svc_1"));
  }
}

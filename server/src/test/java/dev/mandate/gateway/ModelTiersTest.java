package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTierStore.Outcome;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Mandates;
import dev.mandate.testing.Upstreams;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A call needs the scope of its model's tier as it is at that moment.
class ModelTiersTest {
  private static final String CHAT = "/openai/v1/chat/completions";

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway at;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200, "{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":10}}"));
    at = new RunningGateway(folder, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
  }

  private ModelTier tier(boolean elevated, String model, String... roles) {
    ModelTier tier =
        new ModelTier(
            RunningGateway.TENANT,
            "top",
            "Top",
            elevated,
            new TreeSet<>(Set.of(roles)),
            List.of(new ModelTier.Models("openai", model, false)));
    ModelTier known = at.stores.modelTiers().find(RunningGateway.TENANT, "top");
    assertThat(at.stores.modelTiers().save(known, tier)).isEqualTo(Outcome.DONE);
    return tier;
  }

  private Mandate mandate(String id, String... scopes) {
    Mandate plain =
        Mandates.mandate(
            id,
            at.client,
            at.user,
            at.access("openai", Set.of(Capability.CHAT, Capability.EMBEDDINGS), Limits.NONE));
    Mandate mandate =
        new Mandate(
            plain.tenant(),
            plain.id(),
            plain.client(),
            plain.user(),
            new TreeSet<>(Set.of(scopes)),
            plain.access(),
            plain.createdAt(),
            plain.expiresAt(),
            null,
            null);
    at.stores.mandates().insert(mandate);
    return mandate;
  }

  private void register(String... scopes) {
    at.stores.clients().save(at.client.withScopes(Set.of(scopes)));
  }

  private String code(String key, String path, String body) {
    HttpResponse<String> answer = at.send(at.post(key, path, body));
    return answer.statusCode() == 200
        ? "ok"
        : answer.statusCode() + " " + Json.parse(answer.body()).path("error").path("code").asText();
  }

  private String chat(String key) {
    return code(key, CHAT, RunningGateway.chatBody(""));
  }

  private String embed(String key) {
    return code(
        key,
        "/openai/v1/embeddings",
        "{\"model\":\"" + Upstreams.EMBEDDING_MODEL + "\",\"input\":\"a\"}");
  }

  @Test
  void aModelThatIsMovedIntoAnElevatedTierIsClosedFromTheNextCallOn() {
    register("tier:top");
    String plain = at.key(mandate("m1"));
    String elevated = at.key(mandate("m2", "tier:top"));
    assertThat(chat(plain)).isEqualTo("ok");
    tier(true, Upstreams.CHAT_MODEL, "member");
    assertThat(chat(plain)).isEqualTo("403 model_not_allowed");
    assertThat(chat(elevated)).isEqualTo("ok");
    assertThat(embed(plain)).isEqualTo("ok");
    assertThat(
            at.send(at.request("/openai/v1/models").header("authorization", "Bearer " + plain))
                .body())
        .contains(Upstreams.EMBEDDING_MODEL)
        .doesNotContain(Upstreams.CHAT_MODEL);
    assertThat(upstream.requests).hasValue(3);
  }

  @Test
  void theScopeHoldsOnlyWhileTheGiversRoleMayGiveItAndTheClientMayHaveIt() {
    register("tier:top");
    tier(true, Upstreams.CHAT_MODEL, "member");
    String key = at.key(mandate("m1", "tier:top"));
    assertThat(chat(key)).isEqualTo("ok");
    tier(true, Upstreams.CHAT_MODEL, "admin");
    assertThat(chat(key)).isEqualTo("403 model_not_allowed");
    tier(true, Upstreams.CHAT_MODEL, "member");
    assertThat(chat(key)).isEqualTo("ok");
    register();
    assertThat(chat(key)).isEqualTo("403 model_not_allowed");
  }

  @Test
  void aTierThatIsNotElevatedNarrowsNobodyWhoNamedNone() {
    register("tier:top", "tier:other");
    tier(false, Upstreams.CHAT_MODEL);
    assertThat(chat(at.key(mandate("m1")))).isEqualTo("ok");
    assertThat(chat(at.key(mandate("m2", "tier:top")))).isEqualTo("ok");
    // It named tiers, and not this one.
    assertThat(chat(at.key(mandate("m3", "tier:other")))).isEqualTo("403 model_not_allowed");
  }

  @Test
  void aTokenWithFewerScopesThanItsMandateOpensFewerTiers() {
    register("tier:top");
    tier(true, Upstreams.CHAT_MODEL, "member");
    Mandate mandate = mandate("m1", "tier:top");
    List<String> audience = List.of(at.issuer.url("/openai/v1"));
    String narrow = at.token(mandate, audience, Duration.ofMinutes(5));
    String whole = at.token(mandate, audience, Duration.ofMinutes(5), Set.of("tier:top"));
    assertThat(chat(narrow)).isEqualTo("403 model_not_allowed");
    assertThat(chat(whole)).isEqualTo("ok");
    assertThat(chat(narrow)).isEqualTo("403 model_not_allowed");
  }

  @Test
  void aNameThatBeginsLikeOneThatIsGivenOrIsADatedVersionOfItIsNotGiven() {
    String key = at.key(mandate("m1"));
    for (String name : List.of("-32k", "-2026-01-02", "-20260102", "o", " ")) {
      String body =
          RunningGateway.chatBody("").replace(Upstreams.CHAT_MODEL, Upstreams.CHAT_MODEL + name);
      assertThat(code(key, CHAT, body)).as(name).isEqualTo("403 model_not_allowed");
    }
    assertThat(upstream.requests).hasValue(0);
  }

  @Test
  void aModelThatCannotDoWhatTheEndpointIsForIsRefusedWithWhatItCanDo() {
    String key = at.key(mandate("m1"));
    String body =
        RunningGateway.chatBody("").replace(Upstreams.CHAT_MODEL, Upstreams.EMBEDDING_MODEL);
    HttpResponse<String> answer = at.send(at.post(key, CHAT, body));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("model_not_capable").contains("[embeddings]");
    assertThat(
            code(
                key,
                "/openai/v1/embeddings",
                "{\"model\":\"" + Upstreams.CHAT_MODEL + "\",\"input\":\"a\"}"))
        .isEqualTo("400 model_not_capable");
    // Whose mandate gives no embeddings at all is told that, whatever the model can do.
    Mandate chats = at.mandate("m2", at.access("openai", Set.of(Capability.CHAT), Limits.NONE));
    assertThat(embed(at.key(chats))).isEqualTo("403 capability_not_allowed");
    assertThat(upstream.requests).hasValue(0);
  }
}

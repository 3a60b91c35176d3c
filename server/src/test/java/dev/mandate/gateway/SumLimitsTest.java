package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The mandates of one person, and those of the tenant, can't spend more together than their
/// budget.
class SumLimitsTest {
  private static final Limits TEN = new Limits(10L, null, null, null);

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

  private void ofUser(Limits limits) {
    AccountId account = AccountId.of(RunningGateway.TENANT, at.user.id());
    assertThat(at.stores.budgets().replace(account, limits, _ -> true)).isTrue();
  }

  private void ofTenant(Limits limits) {
    AccountId account = AccountId.of(RunningGateway.TENANT);
    assertThat(at.stores.budgets().replace(account, limits, _ -> true)).isTrue();
  }

  private static JsonNode error(HttpResponse<String> response) {
    assertThat(response.statusCode()).isEqualTo(429);
    JsonNode error = Json.parse(response.body()).path("error");
    assertThat(error.path("code").asText()).isEqualTo("budget_exhausted");
    return error;
  }

  @Test
  void twoMandatesOfOnePersonShareThePersonsBudgetExactlyWhenTheirCallsRace() {
    ofUser(TEN);
    List<String> keys = List.of(at.caller("m1", Limits.NONE), at.caller("m2", Limits.NONE));
    List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      calls.add(
          at.http.sendAsync(
              at.post(keys.get(i % 2), "/openai/v1/chat/completions", RunningGateway.chatBody(""))
                  .build(),
              HttpResponse.BodyHandlers.ofString()));
    }
    List<HttpResponse<String>> answers = calls.stream().map(CompletableFuture::join).toList();
    assertThat(answers).filteredOn(a -> a.statusCode() == 200).hasSize(10);
    assertThat(answers).filteredOn(a -> a.statusCode() == 429).hasSize(40);
    assertThat(upstream.requests).hasValue(10);
    assertThat(at.ledger("m1").size() + at.ledger("m2").size()).isEqualTo(10);
  }

  @Test
  void aRefusalNamesWhoseBudgetRanOutAndNotWhatTheTenantHasLeft() {
    String key = at.caller("m", TEN);
    ofUser(new Limits(null, null, 60L, null));
    JsonNode user = error(at.chat(key, ",\"max_tokens\":20"));
    assertThat(user.path("limit").asText()).isEqualTo("tokens_per_day");
    assertThat(user.path("limit_of").asText()).isEqualTo("user");
    assertThat(user.path("message").asText()).contains("60 are left");

    ofTenant(new Limits(null, null, 50L, null));
    JsonNode tenant = error(at.chat(key, ",\"max_tokens\":20"));
    assertThat(tenant.path("limit_of").asText()).isEqualTo("tenant");
    assertThat(tenant.path("message").asText()).doesNotContain("50");

    ofTenant(Limits.NONE);
    ofUser(Limits.NONE);
    String narrow = at.caller("narrow", new Limits(0L, null, null, null));
    assertThat(error(at.chat(narrow, "")).path("limit_of").asText()).isEqualTo("mandate");
    assertThat(upstream.requests).hasValue(0);
  }

  @Test
  void aNewBudgetCountsWhatWasSpentBeforeItAndHoldsFromTheNextCall() {
    String key = at.caller("m", Limits.NONE);
    for (int i = 0; i < 3; i++) {
      assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    }
    ofTenant(new Limits(4L, null, null, null));
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    assertThat(error(at.chat(key, "")).path("limit_of").asText()).isEqualTo("tenant");
    ofTenant(new Limits(5L, null, null, null));
    assertThat(at.chat(at.caller("other", Limits.NONE), "").statusCode()).isEqualTo(200);
    assertThat(error(at.chat(key, "")).path("limit").asText()).isEqualTo("requests");
  }
}

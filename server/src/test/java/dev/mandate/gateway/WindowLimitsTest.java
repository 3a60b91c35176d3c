package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every unit over every window, and every account of the tree, over HTTP.
class WindowLimitsTest {
  private static final TenantId TENANT = RunningGateway.TENANT;

  /// The tenant's.
  private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

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

  private static JsonNode error(HttpResponse<String> response) {
    assertThat(response.statusCode()).isEqualTo(429);
    JsonNode error = Json.parse(response.body()).path("error");
    assertThat(error.path("code").asText()).isEqualTo("budget_exhausted");
    return error;
  }

  /// What one call with ten tokens of answer takes at most.
  private static long ofOneCall(Limit limit) {
    return switch (limit.unit()) {
      case REQUESTS -> 1;
      case TOKENS -> 67;
      case COST_MICROS -> 154;
    };
  }

  private HttpResponse<String> call(String key) {
    return at.chat(key, ",\"max_tokens\":10");
  }

  private static String model() {
    return Json.parse(RunningGateway.chatBody("")).path("model").asText();
  }

  private Instant endOf(Period period) {
    LocalDateTime now = LocalDateTime.ofInstant(at.clock.instant(), ZONE);
    LocalDateTime end =
        switch (period) {
          case MINUTE -> now.truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
          case HOUR -> now.truncatedTo(ChronoUnit.HOURS).plusHours(1);
          case DAY -> now.truncatedTo(ChronoUnit.DAYS).plusDays(1);
          case MONTH -> now.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
          case TOTAL -> throw new IllegalArgumentException("no end");
        };
    return end.atZone(ZONE).toInstant();
  }

  private void bound(AccountId account, Limit limit, long most) {
    assertThat(at.stores.budgets().replace(account, Limits.of(Map.of(limit, most)), _ -> true))
        .isTrue();
  }

  private void free(AccountId account) {
    assertThat(at.stores.budgets().replace(account, Limits.NONE, _ -> true)).isTrue();
  }

  @Test
  void everyUnitRunsOutInEveryWindowAndComesBackInTheNextOneToTheMillisecond() {
    for (Period period : Period.values()) {
      Map<String, Limit> callers = new LinkedHashMap<>();
      for (Unit unit : Unit.values()) {
        Limit limit = Limit.of(unit, period);
        String key = at.caller("m_" + limit.wire(), Limits.of(Map.of(limit, ofOneCall(limit))));
        assertThat(call(key).statusCode()).as(limit.wire()).isEqualTo(200);
        runsOut(key, limit, period);
        callers.put(key, limit);
      }
      if (period == Period.TOTAL) {
        continue;
      }
      at.clock.advance(Duration.between(at.clock.instant(), endOf(period)).minusMillis(1));
      callers.forEach(
          (key, limit) -> assertThat(call(key).statusCode()).as(limit.wire()).isEqualTo(429));
      at.clock.advance(Duration.ofMillis(1));
      callers.forEach(
          (key, limit) -> {
            assertThat(call(key).statusCode()).as(limit.wire()).isEqualTo(200);
            assertThat(call(key).statusCode()).as(limit.wire()).isEqualTo(429);
          });
    }
  }

  private void runsOut(String key, Limit limit, Period period) {
    HttpResponse<String> refused = call(key);
    JsonNode error = error(refused);
    assertThat(error.path("limit").asText()).isEqualTo(limit.wire());
    assertThat(error.path("limit_of").asText()).isEqualTo("mandate");
    assertThat(error.path("unit").asText()).isEqualTo(limit.unit().wire());
    assertThat(error.path("window").asText()).isEqualTo(period.wire());
    assertThat(error.path("message").asText()).contains("of " + ofOneCall(limit));
    if (period == Period.TOTAL) {
      assertThat(refused.headers().firstValue("retry-after")).as(limit.wire()).isEmpty();
      return;
    }
    long wait = refused.headers().firstValueAsLong("retry-after").orElseThrow();
    Instant end = endOf(period);
    assertThat(at.clock.instant().plusSeconds(wait)).isBetween(end, end.plusSeconds(1));
  }

  @Test
  void severalLimitsOfOneAccountHoldAtOnceAndTheLongestWaitIsNamed() {
    String key =
        at.caller(
            "several",
            Limits.of(
                Map.of(
                    Limit.REQUESTS_PER_MINUTE,
                    1L,
                    Limit.REQUESTS_PER_HOUR,
                    2L,
                    Limit.REQUESTS_PER_DAY,
                    2L)));
    assertThat(call(key).statusCode()).isEqualTo(200);
    assertThat(error(call(key)).path("limit").asText()).isEqualTo("requests_per_minute");
    at.clock.advance(Duration.between(at.clock.instant(), endOf(Period.MINUTE)));
    assertThat(call(key).statusCode()).isEqualTo(200);
    // All three refuse now: to come back in a minute would be of no use.
    assertThat(error(call(key)).path("limit").asText()).isEqualTo("requests_per_day");
  }

  @Test
  void aCallFitsEveryAccountOfTheTreeThatHasALimit() {
    String key = at.caller("tree", Limits.NONE);
    Mandate mandate =
        Objects.requireNonNull(at.stores.mandates().find(TENANT, new MandateId("tree")));
    List<AccountId> tree =
        List.of(
            AccountId.of(TENANT),
            AccountId.ofRole(TENANT, at.user.role().name()),
            AccountId.of(TENANT, at.user.id()),
            AccountId.of(TENANT, mandate.client()),
            AccountId.ofUpstream(TENANT, "openai"),
            AccountId.ofModel(TENANT, "openai", model()));
    for (AccountId account : tree) {
      assertThat(call(key).statusCode()).isEqualTo(200);
      bound(account, Limit.COST_MICROS_PER_DAY, 0);
      JsonNode error = error(call(key));
      assertThat(error.path("limit_of").asText()).isEqualTo(account.holder());
      assertThat(error.path("limit").asText()).isEqualTo("cost_micros_per_day");
      if (!account.holder().equals("user")) {
        assertThat(error.path("message").asText()).contains("more than is left");
      }
      free(account);
    }
  }

  @Test
  void accountsThatACallIsNotOfHoldItUpInNothing() {
    String key = at.caller("m", Limits.NONE);
    for (AccountId other :
        List.of(
            AccountId.ofRole(TENANT, "other"),
            AccountId.of(TENANT, new ClientId("other")),
            AccountId.ofUpstream(TENANT, "other"),
            AccountId.ofModel(TENANT, "openai", "other"))) {
      bound(other, Limit.REQUESTS, 0);
    }
    assertThat(call(key).statusCode()).isEqualTo(200);
  }

  @Test
  void aModelsBudgetOfADayIsExactAndARaiseHoldsFromTheNextCall() {
    String key = at.caller("model", Limits.NONE);
    AccountId account = AccountId.ofModel(TENANT, "openai", model());
    bound(account, Limit.REQUESTS_PER_DAY, 2);
    assertThat(call(key).statusCode()).isEqualTo(200);
    assertThat(call(key).statusCode()).isEqualTo(200);
    assertThat(error(call(key)).path("limit_of").asText()).isEqualTo("model");
    bound(account, Limit.REQUESTS_PER_DAY, 3);
    assertThat(call(key).statusCode()).isEqualTo(200);
    assertThat(error(call(key)).path("limit_of").asText()).isEqualTo("model");
    at.clock.advance(Duration.ofDays(1));
    assertThat(call(key).statusCode()).isEqualTo(200);
  }
}

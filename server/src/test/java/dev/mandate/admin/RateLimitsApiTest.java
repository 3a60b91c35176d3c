package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.domain.user.Role;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RateLimitsApiTest {
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer put(String path, String body) {
    return server.send(
        "PUT",
        path,
        body,
        "if-match",
        server.get(path).etag(),
        "authorization",
        "Bearer " + server.admin.reveal(),
        "content-type",
        "application/json");
  }

  @Test
  void aLimitIsAddedReadSetAndRemoved() {
    Answer made =
        server.post(
            "/rate_limits",
            "{\"holder\":\"user\",\"model\":\"gpt-5\",\"requests_per_minute\":60,"
                + "\"concurrent_calls\":0}");
    assertThat(made.status()).isEqualTo(201);
    String path = "/rate_limits/" + made.text("id");
    assertThat(server.get(path).json()).isEqualTo(made.json());
    assertThat(made.json().has("tokens_per_minute")).isFalse();
    Answer set = put(path, "{\"tokens_per_minute\":1000000000000}");
    assertThat(set.status()).isEqualTo(200);
    assertThat(set.json().has("requests_per_minute")).isFalse();
    assertThat(set.json().path("tokens_per_minute").asLong()).isEqualTo(Rates.MAX);
    assertThat(server.stores.rateLimits().all(Fixture.TENANT))
        .extracting(RateLimit::rates)
        .containsExactly(new Rates(null, Rates.MAX, null));
    assertThat(server.get("/rate_limits").json().path("items")).hasSize(1);
  }

  @Test
  void numbersOutsideOfTheBoundsAndLimitsOfNothingAreRefused() {
    for (String rates :
        new String[] {
          "\"requests_per_minute\":-1",
          "\"requests_per_minute\":1000000000001",
          "\"requests_per_minute\":9223372036854775808",
          "\"requests_per_minute\":1.5",
          "\"requests_per_minute\":\"1\"",
          "\"requests_per_hour\":1"
        }) {
      assertThat(server.post("/rate_limits", "{\"holder\":\"user\"," + rates + "}").status())
          .as(rates)
          .isEqualTo(422);
    }
    Answer nothing = server.post("/rate_limits", "{\"holder\":\"user\"}");
    assertThat(nothing.status()).isEqualTo(422);
    assertThat(server.stores.rateLimits().all(Fixture.TENANT)).isEmpty();
  }

  @Test
  void theSubjectIsOneOfTheTenantsOwn() {
    String ada = SecondHalf.user(server, "ada2", Role.MEMBER).id().value();
    String stranger = SecondHalf.stranger(server).id().value();
    String more = "\",\"requests_per_minute\":1}";
    assertThat(
            server
                .post("/rate_limits", "{\"holder\":\"user\",\"subject\":\"" + ada + more)
                .status())
        .isEqualTo(201);
    for (String[] wrong :
        new String[][] {{"user", stranger}, {"client", ada}, {"tenant", ada}, {"api_key", "k"}}) {
      Answer answer =
          server.post(
              "/rate_limits", "{\"holder\":\"" + wrong[0] + "\",\"subject\":\"" + wrong[1] + more);
      assertThat(answer.status()).isEqualTo(422);
      assertThat(answer.json().at("/errors/0/pointer").asText()).isEqualTo("/subject");
    }
  }

  @Test
  void twoForTheSameCallsAreOneTooManyAndAnotherTenantsIsNotThere() {
    String body = "{\"holder\":\"tenant\",\"requests_per_minute\":1}";
    assertThat(server.post("/rate_limits", body).status()).isEqualTo(201);
    assertThat(server.post("/rate_limits", body).code()).isEqualTo("rate_limit_exists");
    SecondHalf.stranger(server);
    server
        .stores
        .rateLimits()
        .insert(
            new RateLimit(
                Tenants.GLOBEX,
                "rl_globex",
                RateHolder.TENANT,
                null,
                null,
                new Rates(1L, null, null),
                false,
                TestClock.START));
    assertThat(server.get("/rate_limits/rl_globex").status()).isEqualTo(404);
    assertThat(server.get("/rate_limits").json().path("items")).hasSize(1);
  }
}

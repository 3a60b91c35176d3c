package dev.mandate.oauth.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.oauth.OAuthServer;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The token endpoint's counters.
class TokenMetersTest {
  private OAuthServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private List<String> series() {
    return server
        .meters
        .scrape(null)
        .text()
        .lines()
        .filter(line -> line.startsWith("mandate_token_requests_total{"))
        .toList();
  }

  @Test
  void whatClientsInventMakesNoSeries() {
    for (int i = 0; i < 1_000; i++) {
      server.token(
          "grant_type",
          "invented-" + i + "\n\"} 1",
          "client_id",
          i % 2 == 0 ? Fixture.APP.value() : "nobody-" + i);
    }
    assertThat(series())
        .containsExactlyInAnyOrder(
            "mandate_token_requests_total{grant_type=\"other\",outcome=\"invalid_client\"} 500.0",
            "mandate_token_requests_total{grant_type=\"other\",outcome=\"unsupported_grant_type\"}"
                + " 500.0");
  }

  @Test
  void knownGrantTypesAreCountedByOutcome() {
    server.redeem("no such code");
    assertThat(series())
        .containsExactly(
            "mandate_token_requests_total{grant_type=\"authorization_code\","
                + "outcome=\"invalid_grant\"} 1.0");
  }
}

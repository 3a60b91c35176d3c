package dev.mandate.oauth.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Observed;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Counted;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What monitoring sees of the token endpoint.
class CountedTokensTest {
  private OAuthServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer service(Secret secret, String... form) {
    return server.send(
        server
            .request("/oauth/token")
            .header("authorization", OAuthServer.basic("service", secret))
            .POST(OAuthServer.body(form)));
  }

  private Observed of(CallerId caller) {
    return Counted.of(caller, server.activity, server.stores, server.clock);
  }

  private Observed ofClient(ClientId client) {
    return of(CallerId.of(Fixture.TENANT, client));
  }

  private Observed ofStrangers() {
    String network = "127.0.0.0/24";
    return of(new CallerId(Fixture.TENANT, CallerId.Kind.NETWORK, network));
  }

  @Test
  void tokensAndRefusalsOfAClientThatProvedItselfAreItsOwn() {
    server.fixture.mandate(Fixture.SERVICE, null, "llm:openai", "openai");
    assertThat(service(Fixture.SERVICE_SECRET, "grant_type", "client_credentials").status())
        .isEqualTo(200);
    for (int i = 0; i < 3; i++) {
      assertThat(service(Fixture.SERVICE_SECRET, "grant_type", "refresh_token").status())
          .isEqualTo(400);
    }
    Observed seen = ofClient(Fixture.SERVICE);
    assertThat(seen.calls()).isEqualTo(1);
    assertThat(seen.refusals()).isEqualTo(3);
    assertThat(seen.networks()).hasSize(1);
    assertThat(seen.models()).isEmpty();
  }

  /// Whoever could have a client suspended by failing in its name would.
  @Test
  void whatStrangersFailAtInTheNameOfAClientIsNotTheClients() {
    for (int i = 0; i < 2; i++) {
      assertThat(service(Secret.of("wrong"), "grant_type", "client_credentials").status())
          .isEqualTo(401);
      assertThat(server.redeem("no-code").status()).isEqualTo(400);
    }
    assertThat(ofStrangers().refusals()).isEqualTo(4);
    assertThat(ofClient(Fixture.SERVICE).refusals()).isZero();
    assertThat(ofClient(Fixture.APP).refusals()).isZero();
  }
}

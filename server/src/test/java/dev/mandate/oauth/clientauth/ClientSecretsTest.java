package dev.mandate.oauth.clientauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.Proof;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Secrets that are rotated, and where they may stand.
class ClientSecretsTest {
  private static final ClientId ID = new ClientId("rotating");
  private static final Secret OLD = Secret.of("old-secret");
  private static final Secret NEW = Secret.of("new-secret");

  private static OAuthServer server;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
    save(AuthMethod.SECRET, OLD);
    server.fixture.mandate(ID, null, "llm:openai", "openai");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void save(AuthMethod method, Secret... secrets) {
    Client client = server.fixture.client(ID, OLD, null, Set.of("client_credentials"), false);
    List<ClientSecret> kept = new ArrayList<>();
    for (Secret secret : secrets) {
      kept.add(new ClientSecret("s" + kept.size(), TokenHash.of(secret), server.clock.instant()));
    }
    server.stores.clients().save(client.withProof(new Proof.Secrets(method, kept)));
  }

  private static Answer basic(Secret secret) {
    return server.send(
        server
            .request("/oauth/token")
            .header("authorization", OAuthServer.basic(ID.value(), secret))
            .POST(OAuthServer.body("grant_type", "client_credentials")));
  }

  private static Answer posted(Secret secret) {
    return server.token(
        "grant_type",
        "client_credentials",
        "client_id",
        ID.value(),
        "client_secret",
        secret.reveal());
  }

  private static void status(int expected, Answer answer) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(expected);
  }

  @Test
  void bothSecretsHoldUntilOneIsRetired() {
    save(AuthMethod.SECRET_BASIC, OLD);
    status(200, basic(OLD));
    status(401, basic(NEW));
    save(AuthMethod.SECRET_BASIC, OLD, NEW);
    status(200, basic(OLD));
    status(200, basic(NEW));
    status(401, basic(Secret.of("another")));
    save(AuthMethod.SECRET_BASIC, NEW);
    status(401, basic(OLD));
    status(200, basic(NEW));
  }

  @Test
  void aSecretIsTakenWhereTheClientRegisteredIt() {
    save(AuthMethod.SECRET_BASIC, OLD);
    status(200, basic(OLD));
    status(401, posted(OLD));
    save(AuthMethod.SECRET_POST, OLD);
    status(401, basic(OLD));
    status(200, posted(OLD));
    save(AuthMethod.SECRET, OLD);
    status(200, basic(OLD));
    status(200, posted(OLD));
  }

  @Test
  void metadataNamesEveryMethodAndTheAlgorithmsOfAssertions() {
    Answer metadata = server.send(server.request("/.well-known/oauth-authorization-server").GET());
    assertThat(metadata.json().path("token_endpoint_auth_methods_supported"))
        .extracting(m -> m.asText())
        .containsExactly("client_secret_basic", "client_secret_post", "private_key_jwt", "none");
    for (String endpoint : List.of("token", "revocation", "introspection")) {
      assertThat(metadata.json().path(endpoint + "_endpoint_auth_signing_alg_values_supported"))
          .extracting(m -> m.asText())
          .containsExactly("ES256", "RS256");
    }
    assertThat(metadata.json().path("introspection_endpoint_auth_methods_supported"))
        .extracting(m -> m.asText())
        .contains("private_key_jwt")
        .doesNotContain("none");
  }
}

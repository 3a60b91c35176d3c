package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.client.TokenForm;
import dev.mandate.platform.jose.SignatureAlgorithm;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the configuration may say of a client.
class ConfiguredSeedTest {
  private static Seed seed(String redirectUri) {
    return seed(redirectUri, "");
  }

  private static Seed seed(String redirectUri, String more) {
    ServerConfig config =
        ConfigFile.parse(
            """
            public-url: https://mandate.example.com
            data: /var/lib/mandate
            clients:
              inbox:
                name: Inbox
                redirect-uris: ["%s"]
            %s
            """
                .formatted(redirectUri, more),
            Map.of());
    return ConfiguredSeed.all(config, Map.of(), Instant.EPOCH).getFirst();
  }

  @Test
  void theFormOfItsTokensIsTakenAndHasADefault() {
    assertThat(seed("http://127.0.0.1/cb").clients().getFirst().tokens())
        .isEqualTo(TokenForm.STANDARD);
    String more =
        String.join(
            "\n    ",
            "",
            "access-token-signing-alg: RS256",
            "id-token-signed-response-alg: ES256",
            "dpop-bound-access-tokens: true");
    assertThat(seed("http://127.0.0.1/cb", more).clients().getFirst().tokens())
        .isEqualTo(new TokenForm(SignatureAlgorithm.RS256, SignatureAlgorithm.ES256, true));
  }

  @Test
  void anAlgorithmThatDoesNotExistHereRefusesToStart() {
    for (String name : List.of("none", "HS256")) {
      assertThatThrownBy(() -> seed("http://127.0.0.1/cb", "    access-token-signing-alg: " + name))
          .hasMessageContaining("access-token-signing-alg")
          .hasMessageContaining(name);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://inbox.example.com/cb?tenant=1",
        "http://127.0.0.1/cb",
        "http://localhost:8765/cb",
        "http://[::1]/cb",
        "com.example.inbox:/cb"
      })
  void aRedirectUriThatAnAppCanHaveIsTaken(String uri) {
    assertThat(seed(uri).clients().getFirst().redirectUris()).containsExactly(uri);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://inbox.example.com/cb#here",
        "https://inbox.example.com/a b",
        "https:///cb",
        "https://user@inbox.example.com/cb",
        "http://inbox.example.com/cb",
        "http://127.0.0.1.example.com/cb",
        "/cb",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html"
      })
  void anotherRefusesToStartInOneLine(String uri) {
    assertThatThrownBy(() -> seed(uri))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("clients.inbox.redirect-uris: '" + uri + "'")
        .hasMessageNotContaining("\n");
  }
}

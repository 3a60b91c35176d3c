package dev.mandate.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.platform.crypto.TokenSource;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

class NoSecretsInTheLogTest {
  private final TokenSource random = new TokenSource(new SecureRandom(), new TestClock());

  @Test
  void eachKindOfSecretIsFoundWhereverItStands() {
    String key = ApiKeyFormat.generate(random).reveal();
    String token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ." + "s".repeat(86);
    for (String secret : new String[] {key, token, "sk-canary-0123456789", "canary-password"}) {
      assertThat(NoSecretsInTheLog.masked("refused '" + secret + "', gone"))
          .isEqualTo("refused '(secret)', gone");
    }
  }

  @Test
  void aLineWithoutOneStaysAsItIs() {
    String line =
        "CanaryTest: mandate_" + "x".repeat(51) + " is no key, eyJhbGciOiJFUzI1NiJ9 no token";
    assertThat(NoSecretsInTheLog.masked(line)).isEqualTo(line);
  }
}

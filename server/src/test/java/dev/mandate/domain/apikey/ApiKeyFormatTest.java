package dev.mandate.domain.apikey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ApiKeyFormatTest {
  private final TokenSource random = new TokenSource(new SecureRandom(), InstantSource.system());
  private final Secret key = ApiKeyFormat.generate(random);

  @Test
  void aKeyIsFoundInAQueryUnderWhateverNameAndHoweverItIsEscaped() {
    String text = key.reveal();
    for (String query :
        new String[] {
          "api_key=" + text,
          "a=1&anything=" + text + "&b=2",
          text,
          "x=Bearer%20" + text,
          "x=%6dandate_" + text.substring(8),
          "x=%6Dandate%5F" + text.substring(8),
          "mandate_mandate_" + text,
          "broken=%zz&key=" + text,
          "a=" + text + text
        }) {
      assertThat(ApiKeyFormat.findIn(query)).as(query.replace(text, "KEY")).containsExactly(key);
    }
  }

  @Test
  void whatIsNoKeyIsNotFound() {
    String text = key.reveal();
    char last = text.charAt(text.length() - 1);
    String wrong = text.substring(0, text.length() - 1) + (last == '0' ? '1' : '0');
    for (String query :
        new String[] {
          "", "mandate_", "key=mandate_x", wrong, text.substring(1), text.toUpperCase(Locale.ROOT)
        }) {
      assertThat(ApiKeyFormat.findIn(query)).isEmpty();
    }
  }

  @Test
  void manyKeysInOneQueryAreBounded() {
    StringBuilder query = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      query.append("&k=").append(ApiKeyFormat.generate(random).reveal());
    }
    assertThat(ApiKeyFormat.findIn(query.toString())).hasSize(5);
  }
}

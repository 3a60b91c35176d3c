package dev.mandate.platform.html;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
  @ParameterizedTest
  @CsvSource({
    "5000000, $5.00, $5.00",
    "1, $0.000001, $0.0001",
    "0, $0.00, $0.00",
    "1234567890000, '$1,234,567.89', '$1,234,567.89'",
    "4346630, $4.34663, $4.35",
    "346630, $0.34663, $0.3467"
  })
  void limitsOfMoneyAreExactAndWhatIsSpentIsRoundedUp(long micros, String exact, String spent) {
    assertThat(Words.money(micros)).isEqualTo(exact);
    assertThat(Words.spent(micros)).isEqualTo(spent);
  }

  @ParameterizedTest
  @CsvSource({
    "PT1H, 1 hour",
    "P30D, 30 days",
    "PT26H30M, 1 day 2 hours",
    "PT24H5M, 1 day",
    "PT0.5S, less than a second",
    "PT61S, 1 minute 1 second"
  })
  void aDurationIsItsTwoLargestParts(Duration duration, String words) {
    assertThat(Words.duration(duration)).isEqualTo(words);
  }

  @Test
  void aFieldTakesPlainDigits() {
    assertThat(Words.decimal(1_234_500_000)).isEqualTo("1234.50");
  }
}

package dev.mandate.domain.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TagsTest {
  private static String many(int count) {
    return IntStream.range(0, count).mapToObj(i -> "t" + i + "=v").collect(Collectors.joining(","));
  }

  @Test
  void tagsAreSortedAndReadBack() {
    assertThat(Tags.parse("team=search, run=42/a:b.c@d+e-f_G"))
        .isEqualTo("run=42/a:b.c@d+e-f_G,team=search");
    assertThat(Tags.byName("run=42,team=search"))
        .containsEntry("run", "42")
        .containsEntry("team", "search")
        .hasSize(2);
    assertThat(Tags.byName(Tags.NONE)).isEmpty();
  }

  @Test
  void theBoundsHoldAndReachThatFar() {
    String name = "n".repeat(Tags.NAME_CHARACTERS_MAX);
    String value = "v".repeat(Tags.VALUE_CHARACTERS_MAX);
    assertThat(Tags.parse(name + "=" + value)).isEqualTo(name + "=" + value);
    assertThatThrownBy(() -> Tags.parse(name + "n=" + value)).isInstanceOf(Tags.Invalid.class);
    assertThatThrownBy(() -> Tags.parse(name + "=" + value + "v")).isInstanceOf(Tags.Invalid.class);
    assertThat(Tags.byName(Tags.parse(many(Tags.COUNT_MAX)))).hasSize(Tags.COUNT_MAX);
    assertThatThrownBy(() -> Tags.parse(many(Tags.COUNT_MAX + 1)))
        .hasMessageContaining("at most 8");
    assertThatThrownBy(() -> Tags.parse("a=b,".repeat(10_000))).isInstanceOf(Tags.Invalid.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "team",
        "team=",
        "=x",
        "Team=x",
        "1a=x",
        "te am=x",
        "team=a b",
        "team=a=b",
        "team=é",
        "team=x,team=x",
        "team=x,",
        "team=\"x\"",
        "tag:team=x",
        "team=a\nb"
      })
  void whatDoesNotReadIsRefused(String given) {
    assertThatThrownBy(() -> Tags.parse(given)).isInstanceOf(Tags.Invalid.class);
  }

  @Test
  void whatIsFixedStaysAndCountsWithWhatIsGiven() {
    assertThat(Tags.within("team=search", "run=42")).isEqualTo("run=42,team=search");
    assertThat(Tags.within("team=search", "team=search")).isEqualTo("team=search");
    assertThatThrownBy(() -> Tags.within("team=search", "team=ads")).hasMessageContaining("fixed");
    assertThatThrownBy(() -> Tags.within("team=search", many(Tags.COUNT_MAX)))
        .hasMessageContaining("at most 8");
  }
}

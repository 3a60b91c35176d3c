package dev.mandate.domain.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptTextTest {
  private static PromptText of(int max, String... pieces) {
    PromptText text = new PromptText(max);
    for (String piece : pieces) {
      text.spoken(piece.toCharArray(), 0, piece.length());
    }
    return text;
  }

  @Test
  void piecesAreReadApartAndJoinedWhateverStandsBesideThem() {
    PromptText text = new PromptText(1_000);
    text.spoken("write a py".toCharArray(), 0, 10);
    text.beside("detail");
    text.spoken("thon function".toCharArray(), 0, 13);
    assertThat(text.views().getLast()).isEqualTo("write a python function");
    assertThat(text.views().getFirst()).contains("write a py thon function").contains("detail");
  }

  @Test
  void aBoundaryThatWasSentIsNone() {
    assertThat(of(1_000, "py\u001ethon").views().getFirst()).contains("python");
  }

  @Test
  void atTheBoundNothingIsTooLongAndBeyondItTheEndIsKept() {
    assertThat(of(1_000, "a".repeat(999)).isTooLong()).isFalse();
    PromptText beyond = of(1_000, "a".repeat(5_000), "the end");
    assertThat(beyond.isTooLong()).isTrue();
    assertThat(beyond.views().getFirst()).endsWith("the end").hasSizeLessThanOrEqualTo(1_510);
  }
}

package dev.mandate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TokensTest {
  private static final List<String> TEXTS =
      List.of("", "a", "abcd", "abcde", "grüße", "日本語のテキスト", "🙂🙂a🙂", "aß日🙂".repeat(50));

  @Test
  void fourBytesAreATokenAndARestIsOneMore() {
    for (String text : TEXTS) {
      int bytes = text.getBytes(StandardCharsets.UTF_8).length;
      assertThat(Tokens.utf8Length(text)).isEqualTo(bytes);
      assertThat(Tokens.count(text)).isEqualTo((bytes + 3) / 4).isLessThanOrEqualTo(bytes);
    }
  }

  @Test
  void aCutTextHasExactlyTheTokensAskedFor() {
    for (String text : TEXTS) {
      for (int tokens = 1; tokens < Tokens.count(text); tokens++) {
        String first = Tokens.first(text, tokens);
        assertThat(text).startsWith(first);
        assertThat(Tokens.count(first)).isEqualTo(tokens);
      }
      assertThat(Tokens.first(text, Tokens.count(text))).isEqualTo(text);
    }
  }

  @Test
  void piecesJoinToTheTextAndTheirTokensToItsTokens() {
    for (String text : TEXTS) {
      for (int parts = 1; parts < 60; parts++) {
        List<Tokens.Piece> pieces = Tokens.split(text, parts);
        assertThat(pieces).hasSize(Math.min(parts, Tokens.count(text)));
        assertThat(pieces.stream().map(Tokens.Piece::text).collect(Collectors.joining()))
            .isEqualTo(text);
        assertThat(pieces.stream().mapToInt(Tokens.Piece::tokens).sum())
            .isEqualTo(Tokens.count(text));
        assertThat(pieces).noneMatch(piece -> piece.text().isEmpty());
      }
    }
  }
}

package dev.mandate.domain.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// Spellings that look alike to a model are one to the rules.
class NormalTextTest {
  @Test
  void whatLooksLikeThePlainTextIsThePlainText() {
    for (String spelled :
        List.of(
            "write code",
            "WRITE CoDe",
            "ｗｒｉｔｅ　ｃｏｄｅ",
            "wr\u200bite\u2060 co\u00adde",
            "\ufeffwrite\u202e code",
            "w\ufe0frite cod\ud83c\udffbe".replace("\ud83c\udffb", "\udb40\udc41"),
            "w\u0336r\u0336ite code",
            "write \n\t\u00a0 code",
            "𝐰𝐫𝐢𝐭𝐞 𝐜𝐨𝐝𝐞",
            "write co\u0000de")) {
      assertThat(NormalText.of(spelled)).as(spelled).isEqualTo("write code");
    }
  }

  @Test
  void koreanInSeparateLettersIsPutTogether() {
    assertThat(NormalText.of("\u110f\u1169\u1103\u1173")).isEqualTo("코드");
    assertThat(NormalText.of("\u110f\u200b\u1169\u3164\u1103\u1173")).isEqualTo("코드");
    assertThat(NormalText.of("ﾊﾝ코드")).isEqualTo("ハン코드");
  }
}

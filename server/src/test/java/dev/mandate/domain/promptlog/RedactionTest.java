package dev.mandate.domain.promptlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mail ada.lovelace+x@example.co.uk now | mail [e-mail] now",
        "메일은 hong@example.kr 입니다 | 메일은 [e-mail] 입니다",
        "full width ａｄａ＠example.com | full width [e-mail]",
        "key sk-proj-abcDEF0123456789abcdef | key [key]",
        "AKIAIOSFODNN7EXAMPLE | [key]",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a | [key]",
        "Authorization: Bearer abc.def-ghi_123 | Authorization: [key]",
        "mandate_abcdefghijklmnopqrstuvwxyz | [key]",
        "password: hunter22 ok | [secret] ok",
        "비밀번호는 hunter22 입니다 | [secret] 입니다",
        "hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b | hash [key]",
        "card 4111 1111 1111 1111. | card [card].",
        "card 5500-0000-0000-0004 | card [card]",
        "card 4111111111111111 | card [card]",
        "rrn 900101-1234567 | rrn [resident number]",
        "rrn 9001011234567 | rrn [resident number]",
        "ssn 078-05-1120 | ssn [social security number]",
        "call +82 10-1234-5678 | call [phone]",
        "전화 010-1234-5678 | 전화 [phone]",
        "call (415) 555-2671 | call [phone]",
        "call 415-555-2671 | call [phone]",
        "iban DE89 3704 0044 0532 0130 00 | iban [account]"
      })
  void whatIdentifiesPeopleOrOpensDoorsIsTakenOut(String text, String left) {
    assertThat(Redaction.of(text)).isEqualTo(left);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "The year 2026 has 365 days.",
        "Version 1.2.3 of 10,000 rows, 3.14159 on average",
        "order 1234567890123",
        "for (int i = 0; i < 100; i++) { sum += i * 2; }",
        "대한민국의 수도는 서울입니다.",
        "a @ b, and x@y"
      })
  void whatDoesNotStays(String text) {
    assertThat(Redaction.of(text)).isEqualTo(text);
  }

  @Test
  void aStreamsPiecesArePutTogetherBeforeTheyAreLookedAt() {
    String stream =
        "data: {\"choices\":[{\"delta\":{\"content\":\"ada@exam\"}}]}\n\n"
            + "data: {\"choices\":[{\"delta\":{\"content\":\"ple.com\"}}]}\n\ndata: [DONE]\n\n";
    String text = Texts.of(stream.getBytes(StandardCharsets.UTF_8), 1_000);
    assertThat(text).isEqualTo("ada@example.com");
    assertThat(Redaction.of(text)).isEqualTo("[e-mail]");
  }

  @Test
  void onlyWordsAreReadAndEscapesAreNoDisguise() {
    String body =
        "{\"model\":\"gpt\",\"user\":\"u-77\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            + "\"text\",\"text\":\"ada\\u0040example.com\"},{\"type\":\"image_url\",\"image_url\":{\"url\":"
            + "\"data:image/png;base64,AAAA\"}}]}],\"input\":[\"one\",\"two\"]}";
    String text = Texts.of(body.getBytes(StandardCharsets.UTF_8), 1_000);
    assertThat(text).isEqualTo("ada@example.com\none\ntwo");
    assertThat(Texts.of("{\"content\":\"cut o".getBytes(StandardCharsets.UTF_8), 10)).isEmpty();
    assertThat(Texts.of("{\"text\":\"123456\"}".getBytes(StandardCharsets.UTF_8), 3))
        .isEqualTo("123");
  }

  @Test
  void aLongTextTakesLinearTime() {
    String hostile = "a@".repeat(32_000) + "1 ".repeat(32_000) + "+1 ".repeat(10_000);
    assertThat(Redaction.of(hostile)).isNotEmpty();
  }
}

package dev.mandate.platform.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// W3C Trace Context §3.2.
class TraceParentTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  @Test
  void aWellFormedFieldIsRead() {
    assertThat(TraceParent.parse("00-" + TRACE + "-" + SPAN + "-01"))
        .isEqualTo(new TraceParent(TRACE, SPAN, true));
    assertThat(TraceParent.parse("00-" + TRACE + "-" + SPAN + "-00"))
        .isEqualTo(new TraceParent(TRACE, SPAN, false));
  }

  @Test
  void ofALaterVersionTheKnownPartIsRead() {
    assertThat(TraceParent.parse("cc-" + TRACE + "-" + SPAN + "-01-what-comes"))
        .isEqualTo(new TraceParent(TRACE, SPAN, true));
    assertThat(TraceParent.parse("cc-" + TRACE + "-" + SPAN + "-01.what")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e473\n-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
      })
  void aMalformedFieldIsIgnored(String field) {
    assertThat(TraceParent.parse(field)).isNull();
  }
}

package dev.mandate.gateway.prompting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.mandate.gateway.Refusal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartTest {
  private static final String TYPE = "multipart/form-data; boundary=b0";
  private static final String FIELD =
      "--b0\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx\r\n";
  private static final String END = "--b0--\r\n";

  private static List<Multipart.Part> parts(String body) {
    return Multipart.parts(TYPE, body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void partsAreCutWhereEveryParserCutsThem() {
    String body =
        FIELD
            + "--b0\r\ncontent-type: image/png\r\nContent-Length: 6\r\n"
            + "content-disposition: form-data; name=\"image[]\"; filename=\"é.png\"\r\n\r\n"
            + "\r\n-b0\n\r\n"
            + END;
    assertThat(parts(body))
        .extracting(Multipart.Part::name, Multipart.Part::file)
        .containsExactly(tuple("model", false), tuple("image[]", true));
    Multipart.Part file = parts(body).getLast();
    assertThat(file.to() - file.from()).isEqualTo(6);
    assertThat(parts(FIELD + "--b0--")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "preamble\r\nF--b0--",
        "F",
        "F--b0--\r\nepilogue",
        "F--b0--\r\n\r\n",
        "--b0--\r\n",
        "F--b0 \r\nE",
        // Another parser sees a second boundary here.
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\n--b0\n\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\n"
            + "--b0\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\ny\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx--b0x\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b0x\r\nE",
        "--b0\nContent-Disposition: form-data; name=\"a\"\n\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"; filename*=utf-8''b\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n"
            + "Content-Disposition: form-data; name=\"b\"\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n"
            + "Content-Transfer-Encoding: base64\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n"
            + "Content-Type: text/plain; charset=utf-16\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Length: 2\r\n\r\nx\r\nE",
        "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\nX-More: 2\r\n\r\nx\r\nE",
        "--b0\r\nContent-Type: text/plain\r\n\r\nx\r\nE",
        "--b0\r\n\r\nx\r\nE"
      })
  void whatTwoParsersCutDifferentlyIsRefused(String body) {
    assertThatThrownBy(() -> parts(body.replace("E", END).replace("F", FIELD)))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("invalid_request_body");
  }

  @Test
  void asManyPartsAsTheLimitAreTakenAndNotOneMore() {
    assertThat(parts(FIELD.repeat(Multipart.PARTS_MAX) + END)).hasSize(Multipart.PARTS_MAX);
    assertThatThrownBy(() -> parts(FIELD.repeat(Multipart.PARTS_MAX + 1) + END))
        .hasMessageContaining("more than 64 parts");
  }

  /// Of 16,000 bytes behind the header.
  @ParameterizedTest
  @CsvSource({
    "1, 1, 8000, 1, 8, 3",
    "1, 2, 16000, 4, 16, 1",
    "3, 1, 1000, 4, 32, 5",
    // One sample a second.
    "1, 1, 1, 1, 8, 16044",
    // A frame that is not its samples, and compressed sound, whose length the bytes don't say.
    "1, 1, 8000, 1, 16, 9223372036854775807",
    "17, 1, 8000, 1, 8, 9223372036854775807",
    "1, 1, 0, 1, 8, 9223372036854775807"
  })
  void wavesAreAsLongAsTheirSamples(
      int kind, int channels, int rate, int frame, int bits, long seconds) {
    ByteBuffer wave = ByteBuffer.allocate(16_044).order(ByteOrder.LITTLE_ENDIAN);
    wave.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(16_036);
    wave.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
    wave.putShort((short) kind).putShort((short) channels).putInt(rate);
    // What the header claims of bytes a second is not believed.
    wave.putInt(2_000_000_000).putShort((short) frame).putShort((short) bits);
    wave.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(5);
    assertThat(SoundLength.secondsMax(wave.array(), 0, 16_044)).isEqualTo(seconds);
  }

  @Test
  void mpegFramesBoundTheTimeAndOtherContainersDont() {
    byte[] bytes = new byte[4_001];
    assertThat(SoundLength.secondsMax(bytes, 0, 4_001)).isEqualTo(Long.MAX_VALUE);
    bytes[0] = (byte) 0xff;
    bytes[1] = (byte) 0xfb;
    assertThat(SoundLength.secondsMax(bytes, 0, 4_001)).isEqualTo(5);
    assertThat(SoundLength.secondsMax(bytes, 0, 1)).isEqualTo(Long.MAX_VALUE);
  }
}

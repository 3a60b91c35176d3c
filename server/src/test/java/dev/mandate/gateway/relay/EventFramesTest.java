package dev.mandate.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.upstream.Usage;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EventFramesTest {
  private static final Buffer ONE =
      EventFrames.frame(Map.of(":event-type", "metadata"), "{\"a\":1}".getBytes(UTF_8));
  private static final Buffer TWO = EventFrames.frame(Map.of(), new byte[0]);

  private final List<String> seen = new ArrayList<>();
  private final EventFrames frames = new EventFrames(1024);

  private Buffer feed(Buffer chunk) {
    return frames.feed(
        chunk, (bytes, from, to) -> seen.add(new String(bytes, from, to - from, UTF_8)));
  }

  @Test
  void framesAreFoundWhereverTheyAreCutAndOnlyWholeOnesGoOn() {
    Buffer all = Buffer.buffer().appendBuffer(ONE).appendBuffer(TWO).appendBuffer(ONE);
    Buffer out = Buffer.buffer();
    for (int i = 0; i < all.length(); i++) {
      Buffer more = feed(all.slice(i, i + 1));
      assertThat(more.length()).isIn(0, ONE.length(), TWO.length());
      out.appendBuffer(more);
    }
    assertThat(out).isEqualTo(all);
    assertThat(seen).containsExactly("{\"a\":1}", "", "{\"a\":1}");
  }

  @Test
  void whatIsHeldBackIsSentAtTheEnd() {
    assertThat(feed(ONE.slice(0, 20)).length()).isZero();
    assertThat(frames.rest()).isEqualTo(ONE.slice(0, 20));
  }

  @Test
  void nothingIsReadBehindADamagedFrame() {
    for (int damaged : new int[] {0, 2, 5, 9, 14, ONE.length() - 1}) {
      EventFrames own = new EventFrames(1024);
      Buffer bad = ONE.copy().setByte(damaged, (byte) (ONE.getByte(damaged) ^ 1));
      Buffer all = Buffer.buffer().appendBuffer(bad).appendBuffer(ONE);
      assertThat(own.feed(all, (bytes, from, to) -> seen.add("frame"))).isEqualTo(all);
      assertThat(own.isUnread()).isTrue();
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void aFrameLargerThanTheLimitIsNotRead() {
    assertThat(feed(EventFrames.frame(Map.of(), new byte[1024 - 16])).length()).isEqualTo(1024);
    assertThat(frames.isUnread()).isFalse();
    feed(EventFrames.frame(Map.of(), new byte[1024 - 15]));
    assertThat(frames.isUnread()).isTrue();
  }

  @Test
  void countsOfBedrocksDontOverlap() {
    String usage =
        "{\"inputTokens\":5,\"outputTokens\":7,\"totalTokens\":18,\"cacheReadInputTokens\":4,"
            + "\"cacheWriteInputTokens\":2}";
    assertThat(UsageReader.bedrock(usage.getBytes(UTF_8))).isEqualTo(new Usage(5, 4, 2, 0, 7));
    assertThat(UsageReader.bedrock("{\"inputTokens\":5}".getBytes(UTF_8))).isNull();
  }
}

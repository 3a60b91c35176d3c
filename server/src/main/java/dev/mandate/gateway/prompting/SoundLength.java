package dev.mandate.gateway.prompting;

import java.nio.charset.StandardCharsets;

/// How long a sound can be at most, by its bytes. Only where the format itself bounds it: in most
/// containers a few bytes may claim any time.
final class SoundLength {
  private static final int PCM = 1;
  private static final int FLOAT = 3;
  private static final int CHUNK_HEADER = 8;

  /// The slowest that MPEG audio layer III can be: 8 kbit/s (ISO/IEC 13818-3). Its frames have no
  /// times of their own.
  private static final int MP3_BYTES_PER_SECOND = 1000;

  private final byte[] bytes;
  private final int from;
  private final int to;

  private SoundLength(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
  }

  /// Whole seconds, rounded up; `Long.MAX_VALUE` where the bytes bound nothing.
  static long secondsMax(byte[] bytes, int from, int to) {
    SoundLength sound = new SoundLength(bytes, from, to);
    if (sound.is(0, "RIFF") && sound.is(8, "WAVE")) {
      return sound.wave();
    }
    boolean mp3 =
        sound.is(0, "ID3")
            || (to - from > 2 && (bytes[from] & 0xff) == 0xff && (bytes[from + 1] & 0xe6) == 0xe2);
    return mp3 ? Math.ceilDiv(to - from, MP3_BYTES_PER_SECOND) : Long.MAX_VALUE;
  }

  /// Uncompressed samples take as long as their number says, whatever the header claims beside.
  private long wave() {
    int at = 12;
    while (from + at + CHUNK_HEADER + 16 <= to && !is(at, "data")) {
      long size = number(at + 4, 4);
      if (is(at, "fmt ")) {
        long kind = number(at + 8, 2);
        long channels = number(at + 10, 2);
        long rate = number(at + 12, 4);
        long frame = number(at + 20, 2);
        long bits = number(at + 22, 2);
        boolean plain = (kind == PCM || kind == FLOAT) && frame * 8 == channels * bits;
        return plain && frame > 0 && rate > 0
            ? Math.ceilDiv((long) to - from, frame * rate)
            : Long.MAX_VALUE;
      }
      if (size > to - from) {
        break;
      }
      at += CHUNK_HEADER + (int) (size + (size & 1));
    }
    return Long.MAX_VALUE;
  }

  private boolean is(int at, String tag) {
    byte[] expected = tag.getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < expected.length; i++) {
      if (from + at + i >= to || bytes[from + at + i] != expected[i]) {
        return false;
      }
    }
    return true;
  }

  private long number(int at, int length) {
    long number = 0;
    for (int i = 0; i < length; i++) {
      number |= (bytes[from + at + i] & 0xffL) << (8 * i);
    }
    return number;
  }
}

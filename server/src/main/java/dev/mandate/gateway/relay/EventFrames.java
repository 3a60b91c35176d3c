package dev.mandate.gateway.relay;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32;

/// Amazon's event stream encoding (`application/vnd.amazon.eventstream`): a prelude of two lengths
/// with its checksum, headers, a payload, and a checksum of all of it. Holds back what is less than
/// a whole frame, so that a cut never falls inside one.
final class EventFrames {
  private static final int PRELUDE = 12;
  private static final int CHECKSUM = 4;
  private static final byte STRING = 7;
  private static final byte[] NOTHING = {};

  /// What becomes of a frame.
  interface Sink {
    void frame(byte[] bytes, int payloadFrom, int payloadTo);
  }

  private final int frameBytesMax;
  private byte[] carry = NOTHING;
  private boolean unread;

  EventFrames(int frameBytesMax) {
    this.frameBytesMax = frameBytesMax;
  }

  /// Whether there was something that is no frame, so that the rest passes as it is.
  boolean isUnread() {
    return unread;
  }

  /// What may be sent on after this chunk arrived.
  Buffer feed(Buffer chunk, Sink sink) {
    if (unread) {
      return chunk;
    }
    byte[] data = new byte[carry.length + chunk.length()];
    System.arraycopy(carry, 0, data, 0, carry.length);
    chunk.getBytes(data, carry.length);
    ByteBuffer in = ByteBuffer.wrap(data);
    int at = 0;
    while (!unread && data.length - at >= PRELUDE) {
      int length = in.getInt(at);
      int headers = in.getInt(at + 4);
      if (length < PRELUDE + CHECKSUM
          || length > frameBytesMax
          || headers < 0
          || headers > length - PRELUDE - CHECKSUM
          || in.getInt(at + 8) != crc(data, at, at + 8)) {
        unread = true;
      } else if (data.length - at < length) {
        break;
      } else if (in.getInt(at + length - CHECKSUM) != crc(data, at, at + length - CHECKSUM)) {
        unread = true;
      } else {
        sink.frame(data, at + PRELUDE + headers, at + length - CHECKSUM);
        at += length;
      }
    }
    carry = unread ? NOTHING : Arrays.copyOfRange(data, at, data.length);
    return Buffer.buffer().appendBytes(data, 0, unread ? data.length : at);
  }

  /// What is left when the stream has ended inside a frame.
  Buffer rest() {
    Buffer rest = Buffer.buffer(carry);
    carry = NOTHING;
    return rest;
  }

  /// One frame with these headers.
  static Buffer frame(Map<String, String> headers, byte[] payload) {
    Buffer fields = Buffer.buffer();
    headers.forEach(
        (name, value) -> {
          byte[] text = value.getBytes(StandardCharsets.UTF_8);
          fields
              .appendByte((byte) name.length())
              .appendString(name)
              .appendByte(STRING)
              .appendShort((short) text.length)
              .appendBytes(text);
        });
    int length = PRELUDE + fields.length() + payload.length + CHECKSUM;
    Buffer frame = Buffer.buffer(length).appendInt(length).appendInt(fields.length());
    frame.appendInt(crc(frame.getBytes(), 0, 8));
    frame.appendBuffer(fields).appendBytes(payload);
    return frame.appendInt(crc(frame.getBytes(), 0, frame.length()));
  }

  private static int crc(byte[] bytes, int from, int to) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, to - from);
    return (int) crc.getValue();
  }
}

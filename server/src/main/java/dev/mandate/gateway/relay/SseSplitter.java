package dev.mandate.gateway.relay;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Cuts a stream of server-sent events (HTML standard, "event stream interpretation") into whole
/// events, so that each can be read, changed or dropped, and a cut never falls inside one.
final class SseSplitter {
  /// What becomes of an event.
  interface Sink {
    /// @return the bytes to send instead, empty to drop it; null leaves it as it is
    byte @Nullable [] event(byte[] bytes, int from, int to);
  }

  private static final byte[] NOTHING = {};

  private final int eventBytesMax;
  private byte[] carry = NOTHING;
  private boolean unread;

  SseSplitter(int eventBytesMax) {
    this.eventBytesMax = eventBytesMax;
  }

  /// Whether an event was too large to be read, so that the rest passes as it is.
  boolean isUnread() {
    return unread;
  }

  /// What may be sent on after this chunk arrived.
  Buffer feed(Buffer chunk, Sink sink) {
    if (unread) {
      return chunk;
    }
    byte[] data = carry.length == 0 ? chunk.getBytes() : joined(carry, chunk);
    Buffer changed = null;
    int start = 0;
    int line = 0;
    for (int i = 0; i < data.length; i++) {
      byte b = data[i];
      if (b != '\n' && b != '\r') {
        continue;
      }
      boolean blank = i == line;
      if (b == '\r' && i + 1 < data.length && data[i + 1] == '\n') {
        i++;
      }
      line = i + 1;
      if (blank) {
        byte @Nullable [] out = sink.event(data, start, line);
        if (out != null && changed == null) {
          changed = Buffer.buffer(data.length).appendBytes(data, 0, start);
        }
        if (changed != null) {
          if (out == null) {
            changed.appendBytes(data, start, line - start);
          } else {
            changed.appendBytes(out);
          }
        }
        start = line;
      }
    }
    return out(chunk, data, start, changed);
  }

  private Buffer out(Buffer chunk, byte[] data, int start, @Nullable Buffer changed) {
    boolean whole = start == data.length;
    boolean carried = carry.length > 0;
    int rest = data.length - start;
    carry = NOTHING;
    if (rest > eventBytesMax) {
      unread = true;
      return (changed == null ? Buffer.buffer().appendBytes(data, 0, start) : changed)
          .appendBytes(data, start, rest);
    }
    if (!whole) {
      carry = Arrays.copyOfRange(data, start, data.length);
    }
    if (changed != null) {
      return changed;
    }
    return whole && !carried ? chunk : Buffer.buffer().appendBytes(data, 0, start);
  }

  /// What is left when the stream has ended inside an event.
  Buffer rest() {
    Buffer rest = Buffer.buffer(carry);
    carry = NOTHING;
    return rest;
  }

  private static byte[] joined(byte[] carry, Buffer chunk) {
    byte[] data = new byte[carry.length + chunk.length()];
    System.arraycopy(carry, 0, data, 0, carry.length);
    chunk.getBytes(data, carry.length);
    return data;
  }
}

package dev.mandate.platform.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/// Reads what an earlier process left, and tells a torn end from damage.
///
/// A process can die inside an append: bytes that are no record, and none after them. That is
/// normal and the unfinished record never happened. A hole with records after it is damage; reading
/// goes on at the next record that checks.
final class JournalReader {
  private final Consumer<ByteBuffer> sink;
  private final int maxPayloadBytes;
  private final CRC32C crc = new CRC32C();
  private long expected;
  private boolean damaged;

  JournalReader(Consumer<ByteBuffer> sink, int maxPayloadBytes) {
    this.sink = sink;
    this.maxPayloadBytes = maxPayloadBytes;
  }

  /// Zero until the first record was read.
  long nextSequence() {
    return expected;
  }

  boolean damaged() {
    return damaged;
  }

  void read(byte[] segment) {
    ByteBuffer bytes = ByteBuffer.wrap(segment).order(ByteOrder.nativeOrder());
    int at = 0;
    while (true) {
      int found = nextRecord(segment, bytes, at);
      if (found < 0) {
        return;
      }
      long sequence = bytes.getLong(found + Journal.SEQUENCE_AT);
      int length = bytes.getInt(found);
      damaged |= found != at || (expected != 0 && sequence != expected);
      if (sequence >= expected) {
        expected = sequence + 1;
        sink.accept(
            bytes
                .slice(found + Journal.HEADER_BYTES, length)
                .order(ByteOrder.BIG_ENDIAN)
                .asReadOnlyBuffer());
      }
      at = found + Journal.frameBytes(length);
    }
  }

  private int nextRecord(byte[] segment, ByteBuffer bytes, int from) {
    for (int at = from;
        at <= bytes.capacity() - Journal.HEADER_BYTES;
        at += Journal.ALIGNMENT_BYTES) {
      int length = bytes.getInt(at);
      if (length > 0
          && length <= maxPayloadBytes
          && length <= bytes.capacity() - Journal.HEADER_BYTES - at
          && bytes.getInt(at + Journal.CHECKSUM_AT)
              == Journal.checksum(
                  crc,
                  segment,
                  at + Journal.HEADER_BYTES,
                  length,
                  bytes.getLong(at + Journal.SEQUENCE_AT))) {
        return at;
      }
    }
    return -1;
  }
}

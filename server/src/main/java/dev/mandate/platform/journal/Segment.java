package dev.mandate.platform.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// One mapped file of a journal, filled from its beginning. The journal's monitor guards it.
final class Segment {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final int ZEROS_BYTES = 64 * 1024;

  final long index;
  private final Path file;
  private final Arena arena;
  private final MemorySegment memory;
  private long end;
  private boolean synced;

  private Segment(long index, Path file, Arena arena, MemorySegment memory) {
    this.index = index;
    this.file = file;
    this.arena = arena;
    this.memory = memory;
  }

  /// Creates the file and claims all its bytes on the disk. A sparse file would fail later, at a
  /// store into the mapping, where a full disk kills the process.
  static Segment create(Path folder, long index, int bytes) {
    Path file = folder.resolve("%016d%s".formatted(index, Journal.SUFFIX));
    Arena arena = Arena.ofShared();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(ZEROS_BYTES, bytes));
      for (long written = 0; written < bytes; ) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - written));
        written += channel.write(zeros, written);
      }
      MemorySegment memory = channel.map(MapMode.READ_WRITE, 0, bytes, arena);
      // Every page is faulted in here, so that an append does not have to.
      memory.fill((byte) 0);
      return new Segment(index, file, arena, memory);
    } catch (IOException e) {
      arena.close();
      removeLeftover(file, e);
      throw new UncheckedIOException("cannot create journal segment " + file, e);
    }
  }

  private static void removeLeftover(Path file, IOException cause) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  long free() {
    return memory.byteSize() - end;
  }

  /// The length and the checksum come last: without them there is no record.
  void append(byte[] payload, int length, int checksum, long sequence, int frameBytes) {
    MemorySegment.copy(
        payload, 0, memory, ValueLayout.JAVA_BYTE, end + Journal.HEADER_BYTES, length);
    memory.set(LONG, end + Journal.SEQUENCE_AT, sequence);
    memory.set(INT, end + Journal.CHECKSUM_AT, checksum);
    memory.set(INT, end, length);
    end += frameBytes;
  }

  void sync() {
    if (!synced) {
      memory.force();
      synced = true;
    }
  }

  void unmap() {
    arena.close();
  }

  void delete() {
    unmap();
    delete(file);
  }

  static void delete(@Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete journal segment " + file, e);
    }
  }
}

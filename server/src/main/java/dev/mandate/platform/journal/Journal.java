package dev.mandate.platform.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A journal in a folder of its own, one process at a time.
///
/// A frame is: length of the payload (4 bytes), CRC-32C (4), sequence number (8), payload, padding
/// to 8. The sequence grows by one from frame to frame, across segments. [#append] and [#freeBytes]
/// touch memory only and are safe from any thread; everything else blocks on the disk and belongs
/// to one thread at a time.
public final class Journal implements AutoCloseable {
  /// The longest record, in a journal whose segments are large enough for eight of them.
  public static final int MAX_PAYLOAD_BYTES = 16 * 1024;

  public static final int MIN_SEGMENT_BYTES = 4 * 1024;

  static final String SUFFIX = ".journal";
  static final int CHECKSUM_AT = 4;
  static final int SEQUENCE_AT = 8;
  static final int HEADER_BYTES = 16;
  static final int ALIGNMENT_BYTES = 8;
  private static final int RECORDS_PER_SEGMENT_MIN = 8;

  private final Path folder;
  private final int segmentBytes;
  private final int maxSegments;
  private final int maxPayloadBytes;
  private final FileChannel lockFile;
  private final CRC32C crc = new CRC32C();
  private final ArrayDeque<Segment> segments = new ArrayDeque<>();
  private final List<Path> replayed = new ArrayList<>();
  private @Nullable Segment spare;
  private Segment current;
  private long nextIndex = 1;
  private long nextSequence = 1;
  private boolean damaged;
  private boolean closed;

  /// Opens the journal and hands every record that an earlier process left to `replay`, oldest
  /// first. What was replayed stays on the disk until [#discardReplayed].
  ///
  /// @param maxSegments from here on the journal takes no more than is left in its last segment
  public static Journal open(
      Path folder, int segmentBytes, int maxSegments, Consumer<ByteBuffer> replay) {
    if (segmentBytes < MIN_SEGMENT_BYTES || segmentBytes % ALIGNMENT_BYTES != 0) {
      throw new IllegalArgumentException(
          "segment of %d bytes, expected a multiple of %d from %d on"
              .formatted(segmentBytes, ALIGNMENT_BYTES, MIN_SEGMENT_BYTES));
    }
    if (maxSegments < 2) {
      throw new IllegalArgumentException(maxSegments + " segments at most, expected 2 or more");
    }
    FileChannel lockFile = lock(folder);
    try {
      return new Journal(folder, segmentBytes, maxSegments, lockFile, replay);
    } catch (RuntimeException | IOException e) {
      try {
        lockFile.close();
      } catch (IOException onClose) {
        e.addSuppressed(onClose);
      }
      throw e instanceof IOException io
          ? new UncheckedIOException("cannot open the journal in " + folder, io)
          : (RuntimeException) e;
    }
  }

  private Journal(
      Path folder,
      int segmentBytes,
      int maxSegments,
      FileChannel lockFile,
      Consumer<ByteBuffer> replay)
      throws IOException {
    this.folder = folder;
    this.segmentBytes = segmentBytes;
    this.maxSegments = maxSegments;
    this.maxPayloadBytes = maxPayloadBytes(segmentBytes);
    this.lockFile = lockFile;
    replay(replay);
    current = create();
    segments.add(current);
    spare = create();
  }

  /// One process at a time: the kernel drops the lock with the process.
  private static FileChannel lock(Path folder) {
    try {
      Files.createDirectories(folder);
      FileChannel channel =
          FileChannel.open(
              folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = null;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        channel.close();
        throw new IllegalStateException("the journal in " + folder + " is open already", e);
      }
      if (lock == null) {
        channel.close();
        throw new IllegalStateException(
            "the journal in " + folder + " is in use by another process");
      }
      return channel;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot lock the journal in " + folder, e);
    }
  }

  private void replay(Consumer<ByteBuffer> sink) throws IOException {
    // Segments may have been larger in the run before.
    JournalReader reader = new JournalReader(sink, MAX_PAYLOAD_BYTES);
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(f -> f.toString().endsWith(SUFFIX)).sorted().forEach(replayed::add);
    }
    for (Path file : replayed) {
      String name = file.getFileName().toString();
      try {
        long index = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
        nextIndex = Math.max(nextIndex, index + 1);
      } catch (NumberFormatException e) {
        throw new IllegalStateException("not a journal segment: " + file, e);
      }
      reader.read(Files.readAllBytes(file));
    }
    damaged = reader.damaged();
    nextSequence = Math.max(1, reader.nextSequence());
  }

  /// Whether records are missing between the replayed ones. A torn end is not damage.
  public boolean damaged() {
    return damaged;
  }

  /// Deletes what was replayed: its meaning has been kept elsewhere.
  public void discardReplayed() {
    replayed.forEach(Segment::delete);
    replayed.clear();
  }

  /// The longest payload that [#append] takes.
  public int maxPayloadBytes() {
    return maxPayloadBytes;
  }

  private static int maxPayloadBytes(int segmentBytes) {
    return Math.min(MAX_PAYLOAD_BYTES, segmentBytes / RECORDS_PER_SEGMENT_MIN - HEADER_BYTES);
  }

  /// What a payload takes of [#freeBytes].
  public static int frameBytes(int payloadBytes) {
    return HEADER_BYTES + payloadBytes + (-payloadBytes & (ALIGNMENT_BYTES - 1));
  }

  /// Frames of this many bytes together can be appended for certain, in any order.
  public synchronized long freeBytes() {
    if (closed) {
      return 0;
    }
    // The frame that moves on to the spare leaves less than itself unused behind it.
    return spare == null
        ? current.free()
        : current.free() + segmentBytes - frameBytes(maxPayloadBytes);
  }

  public synchronized long nextSequence() {
    return nextSequence;
  }

  /// Appends one record and answers the segment that it is in.
  ///
  /// @throws IllegalStateException when [#freeBytes] did not allow it
  public synchronized long append(byte[] payload, int length) {
    if (length < 1 || length > maxPayloadBytes) {
      throw new IllegalArgumentException(
          "record of " + length + " bytes, expected 1 to " + maxPayloadBytes);
    }
    if (closed) {
      throw new IllegalStateException("the journal in " + folder + " is closed");
    }
    int frame = frameBytes(length);
    if (frame > current.free()) {
      rotate();
    }
    long sequence = nextSequence++;
    current.append(payload, length, checksum(crc, payload, 0, length, sequence), sequence, frame);
    return current.index;
  }

  private void rotate() {
    if (spare == null) {
      throw new IllegalStateException("the journal in " + folder + " is full");
    }
    current = spare;
    spare = null;
    segments.add(current);
  }

  static int checksum(CRC32C crc, byte[] payload, int from, int length, long sequence) {
    crc.reset();
    crc.update(payload, from, length);
    // The header's two numbers are mixed in: a second run of the CRC, over 12 bytes, costs more.
    long mixed = (sequence * 0x9E3779B97F4A7C15L) ^ (length * 0xC2B2AE3D27D4EB4FL);
    return (int) crc.getValue() ^ (int) (mixed >>> 32);
  }

  /// The segment that is being written.
  public synchronized long newestSegment() {
    return current.index;
  }

  /// What its segments take on the disk.
  public synchronized long bytes() {
    return (long) segmentBytes * (segments.size() + (spare == null ? 0 : 1));
  }

  public synchronized int segments() {
    return segments.size();
  }

  /// Syncs the segments that are full and makes the next one ready.
  public void maintain() {
    List<Segment> full = new ArrayList<>();
    boolean wanted;
    synchronized (this) {
      if (closed) {
        return;
      }
      for (Segment segment : segments) {
        if (segment != current) {
          full.add(segment);
        }
      }
      wanted = spare == null && segments.size() < maxSegments;
    }
    if (wanted) {
      Segment next = create();
      synchronized (this) {
        if (closed) {
          next.delete();
          return;
        }
        spare = next;
      }
    }
    full.forEach(Segment::sync);
  }

  /// Deletes the segments before this one.
  public void discardBefore(long index) {
    List<Segment> done = new ArrayList<>();
    synchronized (this) {
      while (segments.getFirst() != current && segments.getFirst().index < index) {
        done.add(segments.removeFirst());
      }
    }
    done.forEach(Segment::delete);
  }

  private Segment create() {
    return Segment.create(folder, nextIndex++, segmentBytes);
  }

  /// Unmaps the files and leaves them for the next start.
  @Override
  public void close() {
    close(Segment::unmap);
  }

  /// Closes and deletes the files: nothing in them is needed any more.
  public void closeAndDelete() {
    close(Segment::delete);
  }

  private synchronized void close(Consumer<Segment> end) {
    if (closed) {
      return;
    }
    closed = true;
    segments.forEach(end);
    if (spare != null) {
      // Empty: it only gives the next start a file to read.
      spare.delete();
    }
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot unlock the journal in " + folder, e);
    }
  }
}

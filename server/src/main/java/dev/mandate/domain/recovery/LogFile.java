package dev.mandate.domain.recovery;

import dev.mandate.platform.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A file of [Entry] lines: appended to, flushed to the disk before an append returns, its owner's
/// only. A line that a crash has torn off at its end is dropped; nobody was told of it.
final class LogFile implements AutoCloseable {
  /// As long a line is kept: no backup that is older can be settled by this log.
  static final Duration KEPT = Duration.ofDays(400);

  /// Below this size nothing is dropped.
  static final long COMPACTED_BYTES_MIN = 1L << 20;

  private static final Logger log = LoggerFactory.getLogger(LogFile.class);

  private final Path file;
  private final FileChannel channel;

  private LogFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// Opens or makes the file, and drops what is too old to matter.
  static LogFile open(Path file, Instant now) throws IOException {
    create(file);
    dropTornLine(file);
    if (Files.size(file) >= COMPACTED_BYTES_MIN) {
      compact(file, now);
    }
    return new LogFile(file, FileChannel.open(file, StandardOpenOption.APPEND));
  }

  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file, owners(file));
    } catch (FileAlreadyExistsException e) {
      log.trace("{} is there", file);
    }
  }

  private static FileAttribute<?>[] owners(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static void dropTornLine(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      long end = bytes.length();
      while (end > 0) {
        bytes.seek(end - 1);
        if (bytes.read() == '\n') {
          break;
        }
        end--;
      }
      if (end < bytes.length()) {
        bytes.setLength(end);
        bytes.getFD().sync();
      }
    }
  }

  /// Without tokens that have expired, what is older than [#KEPT], and marks but those of the last
  /// day: a database with an older mark is known to be older by its mark being gone.
  private static void compact(Path file, Instant now) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    create(fresh);
    try (FileChannel out = FileChannel.open(fresh, StandardOpenOption.APPEND)) {
      StringBuilder kept = new StringBuilder();
      read(
          file,
          entry -> {
            if (isWorthKeeping(entry, now)) {
              kept.append(entry.line()).append('\n');
            }
          });
      write(out, kept.toString());
    }
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private static boolean isWorthKeeping(Entry entry, Instant now) {
    Instant expiry = entry.expiresAt();
    Duration kept =
        entry.kind().equals(Entry.MARK) || entry.kind().equals(Entry.KEPT)
            ? Duration.ofDays(1)
            : KEPT;
    return (expiry == null || expiry.isAfter(now)) && entry.at().isAfter(now.minus(kept));
  }

  /// All lines, the oldest first.
  void read(Consumer<Entry> reader) throws IOException {
    read(file, reader);
  }

  private static void read(Path file, Consumer<Entry> reader) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      int number = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        try {
          reader.accept(Entry.parse(line));
        } catch (Json.MalformedJson e) {
          throw new IOException(
              "line " + number + " of " + file + " is no line of a log of revocations", e);
        }
      }
    }
  }

  /// Returns when the lines are on the disk.
  void append(List<Entry> entries) throws IOException {
    StringBuilder lines = new StringBuilder();
    entries.forEach(entry -> lines.append(entry.line()).append('\n'));
    write(channel, lines.toString());
  }

  private static void write(FileChannel channel, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

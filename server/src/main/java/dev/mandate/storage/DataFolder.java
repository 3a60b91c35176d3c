package dev.mandate.storage;

import dev.mandate.domain.node.NodeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The folder that holds a node's data, locked by this process as long as it is open. Its files are
/// their owner's only.
final class DataFolder implements AutoCloseable {
  private static final String LOCK = "mandate.lock";
  private static final String DATABASE = "mandate.db";
  private static final String RESTORING = DATABASE + ".restoring";
  private static final String NODE = "node";
  private static final int NODE_BYTES = 16;
  private static final Set<PosixFilePermission> FOLDER_MODE =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> FILE_MODE =
      PosixFilePermissions.fromString("rw-------");

  private final Path folder;
  private final FileChannel channel;
  private final FileLock lock;

  private DataFolder(Path folder, FileChannel channel, FileLock lock) {
    this.folder = folder;
    this.channel = channel;
    this.lock = lock;
  }

  /// Makes the folder if there is none, and locks it.
  ///
  /// @throws StorageException when another process has it
  static DataFolder lock(Path folder) {
    try {
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(folder, owned(folder, FOLDER_MODE));
      }
      Path file = privateFile(folder.resolve(LOCK));
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        return new DataFolder(folder, channel, locked(folder, file, channel));
      } catch (IOException | StorageException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StorageException("cannot use the data folder " + folder + ": " + e, e);
    }
  }

  private static FileLock locked(Path folder, Path file, FileChannel channel) throws IOException {
    FileLock lock = tryLock(channel);
    if (lock == null) {
      String holder = Files.readString(file, StandardCharsets.UTF_8).strip();
      throw new StorageException(
          "the data folder %s is in use by %s; stop it, or choose another folder"
              .formatted(folder, holder.isEmpty() ? "another process" : "process " + holder));
    }
    channel.truncate(0);
    String pid = ProcessHandle.current().pid() + "\n";
    channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.UTF_8)), 0);
    return lock;
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Another part of this very process has it.
      return null;
    }
  }

  /// Where the database is. The file is there already, for SQLite gives its log files the same
  /// mode.
  ///
  /// @throws StorageException when a restore has begun and not ended: an empty database must not
  ///   take its place
  Path database() {
    if (Files.exists(restoring())) {
      throw new StorageException(
          "a restore in %s did not end; run mandate restore again".formatted(folder));
    }
    try {
      return privateFile(folder.resolve(DATABASE));
    } catch (IOException e) {
      throw new StorageException("cannot make the database file in " + folder + ": " + e, e);
    }
  }

  /// Where a database waits that is to take the place of the other.
  Path restoring() {
    return folder.resolve(RESTORING);
  }

  /// Where the database of a data folder is.
  static Path database(Path folder) {
    return folder.resolve(DATABASE);
  }

  /// Who this node is: random, made with the folder and kept in it.
  NodeId node() {
    try {
      Path file = privateFile(folder.resolve(NODE));
      String id = Files.readString(file, StandardCharsets.UTF_8).strip();
      if (id.isEmpty()) {
        id = "node_" + random();
        Files.writeString(file, id + "\n", StandardCharsets.UTF_8);
      }
      return new NodeId(id);
    } catch (IOException e) {
      throw new StorageException("cannot read the node's id in " + folder + ": " + e, e);
    }
  }

  /// A name that nobody else has.
  static String random() {
    byte[] bytes = new byte[NODE_BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  static Path privateFile(Path file) throws IOException {
    try {
      Files.createFile(file, owned(file, FILE_MODE));
    } catch (FileAlreadyExistsException e) {
      if (isPosix(file)) {
        Files.setPosixFilePermissions(file, FILE_MODE);
      }
    }
    return file;
  }

  private static FileAttribute<?>[] owned(Path path, Set<PosixFilePermission> mode) {
    return isPosix(path)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)}
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  @Override
  public void close() {
    try {
      lock.release();
      channel.close();
    } catch (IOException e) {
      throw new StorageException("cannot unlock the data folder " + folder + ": " + e, e);
    }
  }
}

package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/// What a deployment has on disk.
final class Written {
  private Written() {}

  /// Looks at every byte but those of `demo.json`, which is there to hold secrets and is readable
  /// to its owner only.
  static void holdsNone(Deployment deployment, List<String> secrets) throws IOException {
    for (Path folder : deployment.folders()) {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              if (file.endsWith("demo.json")) {
                assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
              } else if (attributes.isRegularFile()) {
                String bytes = bytes(file);
                for (String secret : secrets) {
                  assertThat(bytes.contains(secret)).as("a secret in " + file).isFalse();
                }
              }
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
              return gone(e);
            }
          });
    }
  }

  private static String bytes(Path file) throws IOException {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  /// A database removes files of its own while this reads.
  private static FileVisitResult gone(IOException e) throws IOException {
    if (e instanceof NoSuchFileException) {
      return FileVisitResult.CONTINUE;
    }
    throw e;
  }
}

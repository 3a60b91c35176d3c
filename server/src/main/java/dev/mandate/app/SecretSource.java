package dev.mandate.app;

import dev.mandate.platform.crypto.Secret;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where a secret comes from: a file, or a variable of the environment. Never the secret itself.
///
/// @param text a path, or `env:NAME`
public record SecretSource(String text) {
  private static final String ENVIRONMENT = "env:";

  /// How much of a file is read: whoever names a log by mistake gets a refusal.
  private static final int BYTES_MAX = 64 * 1024;

  /// As the configuration spells it.
  public static SecretSource of(String text) {
    return new SecretSource(text);
  }

  static SecretSource file(Path file) {
    return new SecretSource(file.toString());
  }

  /// The file; null when it is a variable, which never changes.
  @Nullable Path file() {
    return text.startsWith(ENVIRONMENT) ? null : Path.of(text);
  }

  /// The secret, without white space around it.
  ///
  /// @throws StartRefused in one line, when there is none
  Secret read(Map<String, String> environment) {
    Path file = file();
    return Secret.of(file == null ? variable(environment) : content(file));
  }

  private String variable(Map<String, String> environment) {
    String name = text.substring(ENVIRONMENT.length());
    String value = environment.getOrDefault(name, "").strip();
    if (value.isEmpty()) {
      throw new StartRefused("the environment has no " + name + ", expected a secret");
    }
    return value;
  }

  private static String content(Path file) {
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new StartRefused(
            "%s has %d bytes, expected a secret of at most %d"
                .formatted(file, Files.size(file), BYTES_MAX));
      }
      String text = Files.readString(file).strip();
      if (text.isEmpty()) {
        throw new StartRefused(file + " is empty, expected a secret");
      }
      return text;
    } catch (NoSuchFileException e) {
      throw new StartRefused("cannot read " + file + ": there is no such file");
    } catch (MalformedInputException e) {
      throw new StartRefused(file + " is not UTF-8, expected a secret as text");
    } catch (IOException e) {
      throw new StartRefused("cannot read " + file + ": " + e.getMessage());
    }
  }

  @Override
  public String toString() {
    return text;
  }
}

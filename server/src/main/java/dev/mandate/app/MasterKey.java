package dev.mandate.app;

import dev.mandate.platform.crypto.Sealer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The key that wraps all others: 32 bytes in base64. A development key says so in its own text, so
/// that a production start can refuse it.
final class MasterKey {
  private static final String VARIABLE = "MANDATE_MASTER_KEY";
  private static final String DEVELOPMENT = "development-";
  private static final String DEVELOPMENT_FILE = "development-master.key";

  private MasterKey() {}

  /// The one that the configuration or the environment names; null when there is a folder of them
  /// instead.
  ///
  /// @throws StartRefused when there is none, when it is malformed, or when it is a development key
  static byte @Nullable [] forProduction(ServerConfig config, Map<String, String> environment) {
    String inEnvironment = environment.get(VARIABLE);
    if (inEnvironment != null) {
      return decode(Secret.of(inEnvironment.strip()), VARIABLE);
    }
    SecretSource source = config.masterKeyFile().orElse(null);
    if (source != null) {
      return decode(source.read(environment), source.toString());
    }
    if (config.masterKeyFolder().isEmpty()) {
      throw new StartRefused(
          "there is no master key: set master-key-file or "
              + VARIABLE
              + " (openssl rand -base64 32)");
    }
    return null;
  }

  /// @param where for a refusal
  /// @throws StartRefused when it is malformed, or a development key
  static byte[] decode(Secret text, String where) {
    if (text.reveal().startsWith(DEVELOPMENT)) {
      throw new StartRefused(
          "the master key in " + where + " is a development key of the demo; make a new one");
    }
    return decode(text.reveal());
  }

  /// Whether a demo has kept its key here.
  static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(DEVELOPMENT_FILE));
  }

  /// The demo's key, made at first use and kept beside its data.
  static byte[] forDevelopment(Path folder, TokenSource random) {
    Path file = folder.resolve(DEVELOPMENT_FILE);
    try {
      if (!Files.exists(file)) {
        PrivateFile.write(
            file,
            DEVELOPMENT
                + Base64.getEncoder().encodeToString(random.bytes(Sealer.KEY_BYTES))
                + "\n");
      }
      return decode(Files.readString(file).strip().substring(DEVELOPMENT.length()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] decode(String base64) {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new StartRefused("the master key is not base64 (openssl rand -base64 32)");
    }
    if (key.length != Sealer.KEY_BYTES) {
      throw new StartRefused(
          "the master key has %d bytes, expected %d (openssl rand -base64 32)"
              .formatted(key.length, Sealer.KEY_BYTES));
    }
    return key;
  }
}

package dev.mandate.app;

import dev.mandate.domain.vault.LocalMasterKeys;
import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.platform.crypto.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Master keys in files: one that the configuration or the environment names, called `main`, and
/// those of a folder, each called as its file. The folder is looked into each time, so that a key
/// that was put there is at hand without a restart.
final class MasterKeyFiles implements MasterKeys {
  private static final int KEYS_MAX = 100;
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private final SecureRandom random = new SecureRandom();
  private final byte @Nullable [] main;
  private final @Nullable Path folder;

  private MasterKeyFiles(byte @Nullable [] main, @Nullable Path folder) {
    this.main = main;
    this.folder = folder;
  }

  /// @throws StartRefused when there is none, when one is malformed, or is a development key
  static MasterKeyFiles of(ServerConfig config, Map<String, String> environment) {
    MasterKeyFiles keys =
        new MasterKeyFiles(
            MasterKey.forProduction(config, environment), config.masterKeyFolder().orElse(null));
    if (keys.keys().isEmpty()) {
      throw new StartRefused(
          "there is no master key in " + keys.folder + " (openssl rand -base64 32)");
    }
    return keys;
  }

  private SortedMap<String, byte[]> keys() {
    SortedMap<String, byte[]> keys = new TreeMap<>();
    if (main != null) {
      keys.put(MAIN, main);
    }
    for (Path file : files()) {
      String id = file.getFileName().toString();
      Secret text = ConfiguredSeed.secret(file);
      if (keys.put(id, MasterKey.decode(text, file.toString())) != null) {
        throw new StartRefused("there are two master keys '" + id + "'; name the one in " + file);
      }
    }
    return keys;
  }

  private List<Path> files() {
    if (folder == null) {
      return List.of();
    }
    // Kubernetes keeps what it swaps in files and folders whose names begin with a dot.
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found =
          files
              .filter(file -> ID.matcher(file.getFileName().toString()).matches())
              .filter(Files::isRegularFile)
              .sorted()
              .limit(KEYS_MAX + 1L)
              .toList();
      if (found.size() > KEYS_MAX) {
        throw new StartRefused(folder + " has more than " + KEYS_MAX + " master keys");
      }
      return found;
    } catch (IOException e) {
      throw new StartRefused("cannot read the master keys in " + folder + ": " + e.getMessage());
    }
  }

  private LocalMasterKeys now() {
    return new LocalMasterKeys(keys(), random);
  }

  @Override
  public SortedSet<String> ids() {
    return now().ids();
  }

  @Override
  public String fingerprint(String id) {
    return now().fingerprint(id);
  }

  @Override
  public byte[] wrap(String id, byte[] key, String context) {
    return now().wrap(id, key, context);
  }

  @Override
  public byte[] unwrap(String id, byte[] wrapped, String context) {
    return now().unwrap(id, wrapped, context);
  }
}

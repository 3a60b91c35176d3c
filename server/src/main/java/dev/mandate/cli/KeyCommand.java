package dev.mandate.cli;

import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.platform.crypto.TokenSource;
import java.security.SecureRandom;
import java.time.InstantSource;
import picocli.CommandLine;

/// `mandate key`: API keys.
@CommandLine.Command(name = "key", description = "API keys", mixinStandardHelpOptions = true)
public final class KeyCommand implements Runnable {
  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }

  /// Prints a new key, for the file that `admin-keys` names.
  @CommandLine.Command(
      name = "generate",
      description = "Print a new API key for the file that admin-keys.NAME.key-file names")
  int generate() {
    System.out.println(
        ApiKeyFormat.generate(new TokenSource(new SecureRandom(), InstantSource.system()))
            .reveal());
    return 0;
  }
}

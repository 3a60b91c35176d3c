package dev.mandate.simulator;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.simulator.SimulatedModel.Vendor;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a [SimulatedProvider] is set up.
///
/// @param host the address to listen on
/// @param port the port to listen on; 0 takes a free one
/// @param openaiKey the key that the OpenAI endpoints accept; counted under the label `openai`
/// @param anthropicKey the key that the Anthropic endpoints accept; label `anthropic`
/// @param moreKeys further accounts, e.g. a user's own key, each counted under its label
/// @param models what is served
/// @param maxBodyBytes largest request body; more is a 413
/// @param clock time for `created` members
/// @param administration of OpenAI's, for making keys; null where that isn't served
public record SimulatorConfig(
    String host,
    int port,
    Secret openaiKey,
    Secret anthropicKey,
    List<Account> moreKeys,
    List<SimulatedModel> models,
    int maxBodyBytes,
    InstantSource clock,
    @Nullable Administration administration) {

  /// Enough for a dozen images in a prompt; Anthropic's own limit is 32 MB.
  public static final int DEFAULT_MAX_BODY_BYTES = 32 << 20;

  /// A key that is accepted, and the label it is counted under.
  public record Account(String label, Vendor vendor, Secret secret) {}

  /// Who may make keys in which project.
  ///
  /// @param activation how long a new key is refused, as if not all of the provider knew it yet
  /// @param perMinuteMax administration requests
  public record Administration(
      Secret adminKey, String project, Duration activation, int perMinuteMax) {}

  public SimulatorConfig(
      String host,
      int port,
      Secret openaiKey,
      Secret anthropicKey,
      List<Account> moreKeys,
      List<SimulatedModel> models,
      int maxBodyBytes,
      InstantSource clock) {
    this(host, port, openaiKey, anthropicKey, moreKeys, models, maxBodyBytes, clock, null);
  }

  public SimulatorConfig with(Administration served) {
    return new SimulatorConfig(
        host, port, openaiKey, anthropicKey, moreKeys, models, maxBodyBytes, clock, served);
  }

  public SimulatorConfig {
    moreKeys = List.copyOf(moreKeys);
    models = List.copyOf(models);
    if (maxBodyBytes < 1) {
      throw new IllegalArgumentException("maxBodyBytes is " + maxBodyBytes + ", must be >= 1");
    }
  }

  /// Loopback, the default models, one account at each provider.
  public static SimulatorConfig loopback(int port, Secret openaiKey, Secret anthropicKey) {
    return new SimulatorConfig(
        "127.0.0.1",
        port,
        openaiKey,
        anthropicKey,
        List.of(),
        SimulatedModel.DEFAULTS,
        DEFAULT_MAX_BODY_BYTES,
        InstantSource.system());
  }

  List<Account> accounts() {
    List<Account> all = new ArrayList<>();
    all.add(new Account("openai", Vendor.OPENAI, openaiKey));
    all.add(new Account("anthropic", Vendor.ANTHROPIC, anthropicKey));
    all.addAll(moreKeys);
    return List.copyOf(all);
  }
}

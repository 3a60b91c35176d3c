package dev.mandate.app;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// Reads the configuration: a YAML file, overlaid by environment variables named `MANDATE_` and the
/// key in upper case (`listen.port` is `MANDATE_LISTEN_PORT`).
public final class ConfigFile {
  private static final String PREFIX = "mandate.";
  private static final int FILE_ORDINAL = 150;

  /// Where terms for an upstream stand.
  private static final Pattern TERMS =
      Pattern.compile(
          "(tenants\\.[^.]+\\.)?(clients\\.[^.]+\\.(policy|default-access)|entitlements\\.[^.]+)"
              + "\\.[^.]+");

  private static final int ENVIRONMENT_ORDINAL = 300;

  private ConfigFile() {}

  /// @throws StartRefused with one line a problem
  public static ServerConfig read(Path file, Map<String, String> environment) {
    String yaml;
    try {
      yaml = Files.readString(file);
    } catch (IOException e) {
      throw new StartRefused("cannot read the configuration file " + file + ": " + e.getMessage());
    }
    return parse(yaml, environment);
  }

  /// @throws StartRefused with one line a problem
  public static ServerConfig parse(String yaml, Map<String, String> environment) {
    Map<String, String> prefixed = new HashMap<>();
    try {
      new YamlConfigSource("file", yaml, FILE_ORDINAL)
          .getProperties()
          .forEach((key, value) -> prefixed.put(PREFIX + key, value));
      LoaderOptions options = new LoaderOptions();
      addUnbounded(new Yaml(new SafeConstructor(options)).<Object>load(yaml), "", prefixed);
    } catch (RuntimeException e) {
      throw new StartRefused("the configuration file is not YAML: " + firstLine(e));
    }
    Map<String, String> ours =
        environment.entrySet().stream()
            .filter(e -> e.getKey().startsWith("MANDATE_"))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    try {
      return new SmallRyeConfigBuilder()
          .withSources(
              new PropertiesConfigSource(prefixed, "file", FILE_ORDINAL),
              new EnvConfigSource(ours, ENVIRONMENT_ORDINAL))
          .withMapping(ServerConfig.class)
          .withValidateUnknown(true)
          .build()
          .getConfigMapping(ServerConfig.class);
    } catch (ConfigValidationException e) {
      throw new StartRefused(
          IntStream.range(0, e.getProblemCount())
              .mapToObj(i -> plain(e.getProblem(i).getMessage()))
              .sorted()
              .collect(Collectors.joining("\n")));
    } catch (RuntimeException e) {
      throw new StartRefused("the configuration does not read: " + firstLine(e));
    }
  }

  /// Properties have no empty mapping, but `openai: {}` says that there are terms without a bound.
  private static void addUnbounded(
      @Nullable Object node, String path, Map<String, String> properties) {
    if (!(node instanceof Map<?, ?> mapping)) {
      return;
    }
    if (mapping.isEmpty() && TERMS.matcher(path).matches()) {
      properties.put(PREFIX + path + ".unbounded", "true");
    }
    mapping.forEach(
        (key, value) ->
            addUnbounded(value, path.isEmpty() ? "" + key : path + "." + key, properties));
  }

  /// The library's messages, in our words where they are about our keys.
  private static String plain(String problem) {
    String line = problem.replaceFirst("^SRCFG\\d+: ", "");
    if (line.contains("does not map to any root")) {
      String key = line.replaceFirst("^(?s)(?:The config property )?(\\S+).*", "$1");
      return "unknown configuration key: " + key.replaceFirst("^" + PREFIX, "");
    }
    return "configuration: " + line.replace(PREFIX, "");
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}

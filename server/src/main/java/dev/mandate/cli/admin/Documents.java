package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// Reads what people write: files of YAML, and so of JSON; `-` is the standard input.
public final class Documents {
  private static final Path STANDARD_INPUT = Path.of("-");

  private Documents() {}

  static String text(Path file) {
    try {
      return file.equals(STANDARD_INPUT)
          ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
          : Files.readString(file);
    } catch (IOException e) {
      throw new Refused("cannot read " + file + ": " + e.getMessage());
    }
  }

  /// @throws Refused when the file can't be read or is no JSON
  public static JsonNode json(Path file) {
    try {
      return Json.parse(text(file));
    } catch (Json.MalformedJson e) {
      throw new Refused(file + " is no JSON: " + e.getMessage());
    }
  }

  static ObjectNode object(Path file) {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    JsonNode tree;
    try {
      tree = Json.tree(new Yaml(new SafeConstructor(options)).<Object>load(text(file)));
    } catch (YAMLException e) {
      throw new Refused(file + " is neither YAML nor JSON: " + e.getMessage());
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    throw new Refused(file + " has no object at its top");
  }
}

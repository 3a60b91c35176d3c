package dev.mandate.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/// A tenant in `demo.json`, which has everything that a script needs to use the demo: the default
/// tenant at its top, the others below `tenants` in the same shape. A contract for other people's
/// test suites: members are added, never renamed.
public record DemoFile(
    Secret adminKeySecret,
    List<Person> people,
    Secret confidentialSecret,
    Secret serviceSecret,
    Secret openaiSecret,
    Secret anthropicSecret) {

  /// The slug of the second tenant.
  static final String SECOND = "acme";

  public static final String REDIRECT_URI = "http://127.0.0.1:8765/callback";
  public static final String PUBLIC_CLIENT = "demo-app";
  public static final String CONFIDENTIAL_CLIENT = "demo-web";
  public static final String SERVICE_CLIENT = "demo-service";

  /// A demo user.
  public record Person(String username, String displayName, Role role, Secret initialPassword) {}

  /// The tenants of the demo. Their people and clients are called the same; nothing else is.
  static SortedMap<String, DemoFile> generate(TokenSource random) {
    DemoFile root =
        tenant(
            random,
            Secret.of("sk-sim-openai-" + random.token().reveal()),
            Secret.of("sk-ant-sim-" + random.token().reveal()));
    return withSecond(random, root);
  }

  /// A demo of an earlier release has only the first.
  private static SortedMap<String, DemoFile> withSecond(TokenSource random, DemoFile root) {
    SortedMap<String, DemoFile> bySlug = new TreeMap<>();
    bySlug.put(TenantId.DEFAULT.value(), root);
    bySlug.put(SECOND, tenant(random, root.openaiSecret, root.anthropicSecret));
    return bySlug;
  }

  private static DemoFile tenant(TokenSource random, Secret openai, Secret anthropic) {
    return new DemoFile(
        ApiKeyFormat.generate(random),
        List.of(
            new Person("mina", "Mina Member", Role.MEMBER, password(random)),
            new Person("arjun", "Arjun Approver", Role.APPROVER, password(random)),
            new Person("ada", "Ada Admin", Role.ADMIN, password(random))),
        random.token(),
        random.token(),
        openai,
        anthropic);
  }

  /// Twelve characters in three groups, for typing.
  private static Secret password(TokenSource random) {
    String id = random.id("x");
    String tail = id.substring(id.length() - 12).toLowerCase(Locale.ROOT);
    return Secret.of(tail.substring(0, 4) + "-" + tail.substring(4, 8) + "-" + tail.substring(8));
  }

  static SortedMap<String, DemoFile> read(Path file, TokenSource random) {
    try {
      JsonNode json = Json.parse(Files.readAllBytes(file));
      SortedMap<String, DemoFile> bySlug = withSecond(random, tenant(json));
      json.path("tenants")
          .properties()
          .forEach(entry -> bySlug.put(entry.getKey(), tenant(entry.getValue())));
      return bySlug;
    } catch (IOException | Json.MalformedJson e) {
      throw new StartRefused(file + " does not read: " + e.getMessage() + "; remove the folder");
    }
  }

  /// What the first node told the others.
  ///
  /// @param openaiModel one to try
  record Told(String issuer, String openaiModel) {}

  static Told told(Path file) throws IOException {
    JsonNode json = Json.parse(Files.readAllBytes(file));
    return new Told(json.path("issuer").asText(), json.at("/models/openai/0").asText());
  }

  /// Whether the file is there and knows every tenant of the demo.
  static boolean isWhole(Path file) throws IOException {
    return Files.exists(file) && Json.parse(Files.readAllBytes(file)).path("tenants").has(SECOND);
  }

  private static DemoFile tenant(JsonNode json) {
    List<Person> people = new ArrayList<>();
    for (JsonNode user : json.path("users")) {
      people.add(
          new Person(
              user.path("username").asText(),
              user.path("display_name").asText(),
              role(user.path("role").asText()),
              Secret.of(user.path("password").asText())));
    }
    JsonNode clients = json.path("clients");
    return new DemoFile(
        Secret.of(json.path("admin").path("api_key").asText()),
        people,
        Secret.of(clients.path("confidential").path("client_secret").asText()),
        Secret.of(clients.path("service").path("client_secret").asText()),
        Secret.of(json.path("upstream").path("openai_key").asText()),
        Secret.of(json.path("upstream").path("anthropic_key").asText()));
  }

  private static Role role(String name) {
    Role role = Role.builtIn(name);
    if (role == null) {
      throw new StartRefused(
          "demo.json names the role '" + name + "', expected a built-in one; remove the folder");
    }
    return role;
  }

  /// @param bySlug with the default tenant
  static void write(
      Path file,
      SortedMap<String, DemoFile> bySlug,
      Issuers issuers,
      String simulatorUrl,
      List<String> openaiModels,
      List<String> anthropicModels) {
    ObjectNode root = Json.object();
    ObjectNode tenants = Json.object();
    bySlug.forEach(
        (slug, tenant) ->
            tenant.put(
                slug.equals(TenantId.DEFAULT.value()) ? root : tenants.putObject(slug),
                issuers.of(new TenantId(slug)),
                simulatorUrl,
                openaiModels,
                anthropicModels));
    root.set("tenants", tenants);
    try {
      PrivateFile.write(file, root.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void put(
      ObjectNode json,
      Issuer issuer,
      String simulatorUrl,
      List<String> openaiModels,
      List<String> anthropicModels) {
    json.put("issuer", issuer.url());
    json.putObject("admin").put("api_key", adminKeySecret.reveal());
    ArrayNode users = json.putArray("users");
    for (Person person : people) {
      users
          .addObject()
          .put("username", person.username())
          .put("password", person.initialPassword().reveal())
          .put("role", person.role().name())
          .put("display_name", person.displayName());
    }
    ObjectNode clients = json.putObject("clients");
    clients.putObject("public").put("client_id", PUBLIC_CLIENT).put("redirect_uri", REDIRECT_URI);
    clients
        .putObject("confidential")
        .put("client_id", CONFIDENTIAL_CLIENT)
        .put("client_secret", confidentialSecret.reveal())
        .put("redirect_uri", REDIRECT_URI);
    clients
        .putObject("service")
        .put("client_id", SERVICE_CLIENT)
        .put("client_secret", serviceSecret.reveal());
    json.putObject("gateway")
        .put("openai", issuer.url("/openai/v1"))
        .put("anthropic", issuer.url("/anthropic"));
    ObjectNode models = json.putObject("models");
    openaiModels.forEach(models.putArray("openai")::add);
    anthropicModels.forEach(models.putArray("anthropic")::add);
    json.putObject("upstream")
        .put("simulator", simulatorUrl)
        .put("openai_key", openaiSecret.reveal())
        .put("anthropic_key", anthropicSecret.reveal());
  }
}

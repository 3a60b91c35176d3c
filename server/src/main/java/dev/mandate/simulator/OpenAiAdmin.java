package dev.mandate.simulator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.simulator.SimulatorConfig.Administration;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// OpenAI's administration API as far as keys are made with it: a project's service accounts, made
/// with a key that is shown this once, listed, read and deleted, whereupon the key is refused.
/// Confined to the server's event loop.
final class OpenAiAdmin {
  private static final String ROOT = "/v1/organization/";
  private static final String PREFIX = "/v1/organization/projects/";
  private static final String ACCOUNTS = "service_accounts";
  private static final int PAGE_DEFAULT = 20;
  private static final int PAGE_MAX = 100;
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Administration config;
  private final InstantSource clock;
  private final Map<String, ServiceAccount> accounts = new LinkedHashMap<>();
  private final List<Instant> asked = new ArrayList<>();
  private int made;

  /// @param knownAt when the provider's edges know its key
  private record ServiceAccount(
      String id, String name, Secret secret, long createdSeconds, Instant knownAt) {}

  OpenAiAdmin(Administration config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
  }

  static boolean isFor(String path) {
    return path.startsWith(ROOT);
  }

  /// The label of the account whose key this is; null when it is nobody's, or not known yet.
  @Nullable String label(Secret presented) {
    for (ServiceAccount account : accounts.values()) {
      if (account.secret.equals(presented) && !clock.instant().isBefore(account.knownAt)) {
        return account.id;
      }
    }
    return null;
  }

  void handle(Exchange exchange, boolean otherKey) {
    if (!config.adminKey().equals(Secret.of(exchange.bearer()))) {
      throw otherKey
          ? new Refusal(
              403,
              null,
              null,
              null,
              "You have insufficient permissions for this operation. Missing scopes:"
                  + " api.management.write.")
          : Refusal.wrongOpenAiKey(exchange.bearer());
    }
    exchange.keyLabel("admin");
    limit();
    String[] segments = exchange.path().substring(ROOT.length()).split("/", -1);
    boolean known =
        exchange.path().startsWith(PREFIX) && segments.length > 2 && segments[2].equals(ACCOUNTS);
    if (!known || segments.length > 4) {
      throw notFound("Invalid URL (" + exchange.request().method() + " " + exchange.path() + ")");
    }
    if (!segments[1].equals(config.project())) {
      throw notFound("Project with id '" + segments[1] + "' not found.");
    }
    HttpMethod method = exchange.request().method();
    if (segments.length == 3 && method.equals(HttpMethod.POST)) {
      exchange.parseBody();
      make(exchange);
    } else if (segments.length == 3 && method.equals(HttpMethod.GET)) {
      list(exchange);
    } else if (segments.length == 4 && method.equals(HttpMethod.GET)) {
      exchange.send(describe(account(segments[3])));
    } else if (segments.length == 4 && method.equals(HttpMethod.DELETE)) {
      delete(exchange, segments[3]);
    } else {
      throw new Refusal(405, null, null, null, "Not allowed to " + method + " here.");
    }
  }

  private void limit() {
    Instant now = clock.instant();
    asked.removeIf(at -> !now.isBefore(at.plus(MINUTE)));
    if (asked.size() >= config.perMinuteMax()) {
      throw new Refusal(
          429,
          "requests",
          "rate_limit_exceeded",
          null,
          "Rate limit reached for the administration API: Limit " + config.perMinuteMax() + ".");
    }
    asked.add(now);
  }

  private static Refusal notFound(String message) {
    return new Refusal(404, null, null, null, message);
  }

  private ServiceAccount account(String id) {
    ServiceAccount account = accounts.get(id);
    if (account == null) {
      throw notFound("No service account with id '" + id + "' found.");
    }
    return account;
  }

  private void make(Exchange exchange) {
    String name = exchange.body().path("name").asText();
    if (name.isEmpty()) {
      throw new Refusal(
          400, null, "missing_required_parameter", "name", "Missing required parameter: 'name'.");
    }
    String id = "svc_acct_%06d".formatted(++made);
    Instant now = clock.instant();
    ServiceAccount account =
        new ServiceAccount(
            id,
            name,
            Secret.of("sk-svcacct-" + UUID.randomUUID().toString().replace("-", "")),
            now.getEpochSecond(),
            now.plus(config.activation()));
    accounts.put(id, account);
    ObjectNode answer = describe(account);
    answer
        .putObject("api_key")
        .put("object", "organization.project.service_account.api_key")
        .put("value", account.secret.reveal())
        .put("name", "Secret Key")
        .put("created_at", account.createdSeconds)
        .put("id", "key_%06d".formatted(made));
    exchange.send(answer);
  }

  private static ObjectNode describe(ServiceAccount account) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("object", "organization.project.service_account")
        .put("id", account.id)
        .put("name", account.name)
        .put("role", "member")
        .put("created_at", account.createdSeconds);
  }

  private void list(Exchange exchange) {
    MultiMap query = exchange.request().params();
    int limit = query.contains("limit") ? Integer.parseInt(query.get("limit")) : PAGE_DEFAULT;
    if (limit < 1 || limit > PAGE_MAX) {
      throw Refusal.invalid("limit must be between 1 and " + PAGE_MAX + ".");
    }
    List<ServiceAccount> all = List.copyOf(accounts.values());
    String after = query.get("after");
    int from = 0;
    while (after != null && from < all.size() && !all.get(from).id.equals(after)) {
      from++;
    }
    from = after == null ? 0 : Math.min(from + 1, all.size());
    List<ServiceAccount> page = all.subList(from, Math.min(from + limit, all.size()));
    ObjectNode answer = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = answer.putArray("data");
    page.forEach(account -> data.add(describe(account)));
    answer
        .put("first_id", page.isEmpty() ? null : page.getFirst().id)
        .put("last_id", page.isEmpty() ? null : page.getLast().id)
        .put("has_more", from + page.size() < all.size());
    exchange.send(answer);
  }

  private void delete(Exchange exchange, String id) {
    accounts.remove(account(id).id);
    exchange.send(
        JsonNodeFactory.instance
            .objectNode()
            .put("object", "organization.project.service_account.deleted")
            .put("id", id)
            .put("deleted", true));
  }
}

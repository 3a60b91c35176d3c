package dev.mandate.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.http.Router;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/// `endpoints.md`: every path that a running server answers.
final class EndpointsReference {
  private static final String ADMIN = "/admin/v1";
  private static final String HEAD =
      """
      # Endpoints

      Paths are below the issuer: the public URL for the default tenant, `/t/{slug}` below it for another. Those marked "root"
      are at the public URL only. `OPTIONS` answers preflights of pages whose origin a client has registered.

      """;
  private static final String ADMIN_HEAD =
      """

      ## Admin API

      Below `/admin/v1`; with schemas, parameters and problems in `/admin/v1/openapi.json`.

      """;

  /// What stands at each path that is not of the admin API.
  private static final Map<String, String> WORDS = new LinkedHashMap<>();

  static {
    WORDS.put("/healthz", "Whether the process runs");
    WORDS.put("/readyz", "Whether it can serve");
    WORDS.put("/.well-known/oauth-authorization-server", "Metadata (RFC 8414)");
    WORDS.put("/.well-known/openid-configuration", "The same for OpenID Connect Discovery");
    WORDS.put("/oauth/jwks", "Public signing keys (RFC 7517)");
    WORDS.put("/oauth/token", "Tokens (RFC 6749 §3.2)");
    WORDS.put("/oauth/revoke", "Revocation (RFC 7009)");
    WORDS.put("/oauth/introspect", "Introspection (RFC 7662)");
    WORDS.put("/oauth/par", "Pushed authorization requests (RFC 9126)");
    WORDS.put("/oauth/device_authorization", "Device authorization (RFC 8628 §3.1)");
    WORDS.put("/device", "Page: enter the code that a device shows");
    WORDS.put("/device/approved", "Page: the device may go on");
    WORDS.put("/device/denied", "Page: the device gets nothing");
    WORDS.put("/api/leaked-keys", "Takes API keys that were found in the open, and revokes them");
    WORDS.put("/oauth/userinfo", "Claims about the person (OpenID Connect Core §5.3)");
    WORDS.put(
        "/oauth/authorization-details/llm_access.json",
        "JSON Schema of `authorization_details` (RFC 9396)");
    WORDS.put("/oauth/authorize", "Authorization (RFC 6749 §3.1)");
    WORDS.put("/oauth/authorize/{id}", "The next step of a request under way");
    WORDS.put("/oauth/consent/{id}", "Page: what an app asks for");
    WORDS.put("/signin", "Page: sign in");
    WORDS.put("/signout", "Ends the session");
    WORDS.put("/oauth/logout", "Sign-out that an app asks for (RP-Initiated Logout 1.0)");
    WORDS.put("/oauth/logout/confirm", "The person's answer to it");
    WORDS.put("/", "Page: where to go");
    WORDS.put("/mandates", "Page: my mandates");
    WORDS.put("/mandates/{id}", "Page: a mandate");
    WORDS.put("/mandates/{id}/revoke", "Revokes a mandate");
    WORDS.put("/mandates/{id}/keys", "Makes an API key of a mandate");
    WORDS.put("/mandates/{id}/keys/{key}/revoke", "Revokes an API key");
    WORDS.put("/account", "Page: my account");
    WORDS.put("/account/keys", "Page: my API keys; makes one");
    WORDS.put("/account/keys/scoped", "Makes an API key with scopes of its own");
    WORDS.put("/account/keys/{key}/rotate", "Gives an API key another secret");
    WORDS.put("/account/keys/{key}/revoke", "Revokes an API key");
    WORDS.put("/admin/keys", "Page: all API keys of the tenant");
    WORDS.put("/admin/keys/{key}/revoke", "Revokes an API key of the tenant");
    WORDS.put("/notices", "Page: what to hear of");
    WORDS.put("/notices/{id}/acknowledge", "Takes a notice as read");
    WORDS.put("/account/credentials", "Page: keys of my own, with which I pay at upstreams");
    WORDS.put("/account/credentials/{upstream}", "Adds a key of one's own");
    WORDS.put("/account/credentials/{upstream}/{id}/remove", "Removes a key of one's own");
    WORDS.put("/admin", "Page: the administrators' pages");
    WORDS.put(
        "/admin/monitoring", "Page: who is held back, findings, and what is done about each kind");
    WORDS.put("/admin/monitoring/resume", "Lets a caller that is held back go on");
    WORDS.put(
        "/admin/monitoring/findings/{id}/acknowledge", "Says that somebody has seen to a finding");
    WORDS.put("/admin/monitoring/findings/{id}/suspend", "Suspends a finding's caller");
    WORDS.put("/admin/monitoring/responses", "Changes what is done about each kind of finding");
    WORDS.put("/admin/monitoring/callers/relearn", "Forgets what is usual for a caller");
    WORDS.put("/admin/monitoring/callers", "Page: what is usual for each caller");
    WORDS.put("/admin/budgets", "Page: what bounds accounts in sum, and forms to change it");
    WORDS.put("/admin/usage", "Page: what was used, by model, client, person, upstream or tag");
    WORDS.put("/admin/usage.csv", "The same as a file for a spreadsheet");
    WORDS.put("/admin/rate-limits", "Page: how fast callers may call; adds a limit");
    WORDS.put("/admin/rate-limits/{id}", "Changes or removes a rate limit");
    WORDS.put("/admin/credentials", "Page: credentials of the tenant's upstreams");
    WORDS.put("/admin/credentials/{upstream}", "Adds a credential");
    WORDS.put(
        "/admin/credentials/{upstream}/{id}", "Activates, drains, tests or removes a credential");
    WORDS.put("/{upstream}/", "The gateway: what of the provider's API is passed on, see README");
    WORDS.put("/assets/{hash}/{name}", "Styles of the pages");
  }

  private EndpointsReference() {}

  static String write(List<Router.Route> routes, JsonNode adminDocument) {
    Map<String, SortedSet<String>> methods = new LinkedHashMap<>();
    Map<String, Boolean> everywhere = new LinkedHashMap<>();
    for (Router.Route route : routes) {
      if (!route.template().startsWith(ADMIN)) {
        methods.computeIfAbsent(route.template(), _ -> new TreeSet<>()).add(route.method());
        everywhere.put(route.template(), route.everyTenants());
      }
    }
    Table table = new Table("Path", "Methods", "", "What it is");
    methods.forEach(
        (path, of) ->
            table.row(
                "`" + path + "`",
                String.join(", ", of),
                Boolean.TRUE.equals(everywhere.get(path)) ? "" : "root",
                words(path)));
    return HEAD + table + ADMIN_HEAD + admin(adminDocument);
  }

  private static String words(String path) {
    String words = WORDS.get(path);
    if (words == null) {
      throw new IllegalStateException("say in words what is at " + path);
    }
    return words;
  }

  private static Table admin(JsonNode document) {
    Table table = new Table("Operation", "", "Path", "What it does");
    document
        .path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        operation -> {
                          JsonNode said = operation.getValue();
                          if (said.has("operationId")) {
                            table.row(
                                "`" + said.path("operationId").asText() + "`",
                                operation.getKey().toUpperCase(Locale.ROOT),
                                "`" + path.getKey() + "`",
                                said.path("summary").asText()
                                    + ". "
                                    + said.path("description").asText());
                          }
                        }));
    return table;
  }
}

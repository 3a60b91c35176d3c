package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.client.RedirectUri;
import dev.mandate.domain.client.TokenForm;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// A client's JSON: its schemas, reading and writing.
final class ClientJson {
  static final String PUBLIC = "public";
  static final String CONFIDENTIAL = "confidential";
  static final String SECRET = "client_secret";

  private static final int NAME_CHARACTERS_MAX = 100;
  private static final int REDIRECTS_MAX = 20;
  private static final int SCOPES_MAX = 50;

  private static final String CODE = "authorization_code";
  private static final String SERVICE = "client_credentials";
  private static final String DEVICE = "urn:ietf:params:oauth:grant-type:device_code";

  static final Schema TYPE = Schema.oneOf(PUBLIC, CONFIDENTIAL);
  static final Schema DISABLED = Schema.flag();
  static final Schema ALGORITHM =
      Schema.oneOf(Arrays.stream(SignatureAlgorithm.values()).map(Enum::name).toList());

  /// `scope-token` of RFC 6749 §3.3.
  private static final Schema SCOPE = Schema.pattern("^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$", 200);

  private static final Schema ID =
      Schema.pattern("^[A-Za-z0-9][A-Za-z0-9._~-]*$", 100)
          .describe("The `client_id` (RFC 6749 §2.2). Never changes and is never given again.");

  private static final List<Map<String, Object>> SOME_POLICY =
      List.of(Map.of("upstream", "openai", "limits", Map.of("cost_micros", 20_000_000)));

  private static final Schema GRANT_TYPES =
      Schema.set(Schema.oneOf(CODE, "refresh_token", SERVICE, DEVICE), 4).atLeast(1);

  /// What can be changed of a client.
  static final Schema SETTINGS =
      settings(Schema.body("ClientSettings", "What can be changed of a client."));

  static final Schema NEW_CLIENT =
      settings(
              Schema.body("NewClient", "A client to be.")
                  .maybe("id", ID.describe("Generated when it is absent."))
                  .maybe("type", TYPE.byDefault(PUBLIC)))
          .example(
              Map.of(
                  "name",
                  "Inbox Assistant",
                  "type",
                  CONFIDENTIAL,
                  "redirect_uris",
                  List.of("https://inbox.example/callback"),
                  "grant_types",
                  List.of(CODE, "refresh_token", SERVICE),
                  "scopes",
                  List.of("openid", "llm:openai"),
                  "policy",
                  SOME_POLICY));

  static final Schema CLIENT =
      settings(
          Schema.answer("Client", "An OAuth client.")
              .with("id", ID)
              .with("type", TYPE)
              .with("created_at", Schema.instant()));

  static final Schema CLIENT_WITH_SECRET =
      CLIENT
          .maybe(SECRET, Schema.text().describe("In this answer only; absent for a public client."))
          .named("ClientWithSecret", "A client, and its secret where it has a new one.");

  static final Schema CLIENT_WITH_MANDATE =
      CLIENT
          .with("mandate_id", Schema.text())
          .named("ClientWithMandate", "A service, and the mandate that it was given.");

  private ClientJson() {}

  private static Schema settings(Schema schema) {
    return ClientProofJson.settings(schema)
        .with(
            "name",
            Schema.string(1, NAME_CHARACTERS_MAX)
                .describe("For people; shown at consent beside the redirect host."))
        .maybe(
            "redirect_uris",
            Schema.set(Schema.string(1, RedirectUri.CHARACTERS_MAX), REDIRECTS_MAX)
                .describe(
                    "Compared exactly; `http` on loopback only, there on any port (RFC 8252"
                        + " §7.3).")
                .byDefault(List.of()))
        .maybe(
            "post_logout_redirect_uris",
            Schema.set(Schema.string(1, RedirectUri.CHARACTERS_MAX), REDIRECTS_MAX)
                .describe(
                    "Where a browser may go after a sign-out that it asks for; compared exactly"
                        + " (RP-Initiated Logout 1.0 §3.1).")
                .byDefault(List.of()))
        .maybe("grant_types", GRANT_TYPES.byDefault(List.of(CODE, "refresh_token")))
        .maybe(
            "scopes",
            Schema.set(SCOPE, SCOPES_MAX)
                .describe("That it may ask for; `llm:{upstream}` stands for an upstream.")
                .byDefault(List.of()))
        .maybe(
            "default_scopes",
            Schema.set(SCOPE, SCOPES_MAX)
                .describe("Of a request that names neither scopes nor details; among `scopes`.")
                .byDefault(List.of()))
        .maybe(
            "default_access",
            Access.TERMS_LIST
                .describe("Of a request that names neither scopes nor details.")
                .byDefault(List.of()))
        .maybe(
            "policy",
            Access.TERMS_LIST
                .describe("What it may get at most; an upstream without an entry is out of reach.")
                .byDefault(List.of()))
        .maybe(
            "require_pushed_authorization_requests",
            Schema.flag()
                .describe("Whether its authorization requests must be pushed (RFC 9126 §6).")
                .byDefault(false))
        .maybe(
            "access_token_signing_alg",
            ALGORITHM
                .describe("What its access tokens are signed with (RFC 9068 §2.1).")
                .byDefault(TokenForm.STANDARD.accessTokens().name()))
        .maybe(
            "id_token_signed_response_alg",
            ALGORITHM
                .describe("What its ID tokens are signed with (OpenID Connect Registration §2).")
                .byDefault(TokenForm.STANDARD.idTokens().name()))
        .maybe(
            "dpop_bound_access_tokens",
            Schema.flag()
                .describe("Whether it gets tokens with a DPoP proof only (RFC 9449 §5.2).")
                .byDefault(false))
        .maybe(
            "disabled",
            DISABLED
                .describe("A disabled client is refused everywhere, at once.")
                .byDefault(false));
  }

  /// Reads what fits [#SETTINGS] or [#NEW_CLIENT].
  static Client read(
      TenantId tenant, ClientId id, Proof proof, Instant createdAt, ObjectNode body) {
    Set<String> grantTypes = Access.texts(body.required("grant_types"));
    Set<String> scopes = Access.texts(body.required("scopes"));
    Set<String> defaultScopes = Access.texts(body.required("default_scopes"));
    if (grantTypes.contains(SERVICE) && proof instanceof Proof.Nothing) {
      // RFC 6749 §4.4: confidential clients only.
      throw Problem.member(
          "/grant_types", "has client_credentials, which takes a confidential client");
    }
    if (!scopes.containsAll(defaultScopes)) {
      throw Problem.member("/default_scopes", "has one that is not among scopes");
    }
    return new Client(
        tenant,
        id,
        body.required("name").asText(),
        proof,
        redirects(body, "redirect_uris"),
        redirects(body, "post_logout_redirect_uris"),
        grantTypes,
        scopes,
        defaultScopes,
        Access.terms(body.required("default_access"), "/default_access"),
        Access.terms(body.required("policy"), "/policy"),
        body.required("require_pushed_authorization_requests").asBoolean(),
        new TokenForm(
            algorithm(body, "access_token_signing_alg"),
            algorithm(body, "id_token_signed_response_alg"),
            body.required("dpop_bound_access_tokens").asBoolean()),
        body.required("disabled").asBoolean(),
        createdAt);
  }

  private static SignatureAlgorithm algorithm(ObjectNode body, String member) {
    return SignatureAlgorithm.valueOf(body.required(member).asText());
  }

  private static Set<String> redirects(ObjectNode body, String member) {
    JsonNode array = body.required(member);
    for (int i = 0; i < array.size(); i++) {
      String wrong = RedirectUri.wrongWith(array.get(i).asText());
      if (wrong != null) {
        throw Problem.member("/" + member + "/" + i, wrong);
      }
    }
    return Access.texts(array);
  }

  static ObjectNode write(Client client) {
    ObjectNode node =
        Json.object()
            .put("id", client.id().value())
            .put("type", client.isPublic() ? PUBLIC : CONFIDENTIAL)
            .put("created_at", client.createdAt().toString())
            .put("name", client.name());
    texts(node, "redirect_uris", client.redirectUris());
    texts(node, "post_logout_redirect_uris", client.postLogoutRedirectUris());
    texts(node, "grant_types", client.grantTypes());
    texts(node, "scopes", client.scopes());
    texts(node, "default_scopes", client.defaultScopes());
    node.set("default_access", Access.write(client.defaultAccess()));
    node.set("policy", Access.write(client.policy()));
    ClientProofJson.write(node, client.proof());
    return node.put("require_pushed_authorization_requests", client.requiresPushed())
        .put("access_token_signing_alg", client.tokens().accessTokens().name())
        .put("id_token_signed_response_alg", client.tokens().idTokens().name())
        .put("dpop_bound_access_tokens", client.tokens().dpopBound())
        .put("disabled", client.disabled());
  }

  private static void texts(ObjectNode node, String member, Collection<String> texts) {
    new TreeSet<>(texts).forEach(node.putArray(member)::add);
  }
}

package dev.mandate.oauth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.dpop.DpopNonces;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.origin.AllowedOrigins;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.domain.token.AuthorizationCodes;
import dev.mandate.domain.token.LiveTokens;
import dev.mandate.domain.token.RefreshTokens;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.vault.Vault;
import dev.mandate.oauth.authorize.AuthorizeChecks;
import dev.mandate.oauth.authorize.AuthorizeConfig;
import dev.mandate.oauth.authorize.PushedRequests;
import dev.mandate.oauth.clientauth.ClientAssertions;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.oauth.clientauth.ClientKeys;
import dev.mandate.oauth.clientauth.PublishedKeys;
import dev.mandate.oauth.details.DetailsSchemaEndpoint;
import dev.mandate.oauth.device.DeviceAuthorizationEndpoint;
import dev.mandate.oauth.dpop.KeyBinding;
import dev.mandate.oauth.introspect.IntrospectEndpoint;
import dev.mandate.oauth.introspect.Introspection;
import dev.mandate.oauth.introspect.KeyAuthentication;
import dev.mandate.oauth.jwks.JwksEndpoint;
import dev.mandate.oauth.metadata.MetadataEndpoint;
import dev.mandate.oauth.par.PushEndpoint;
import dev.mandate.oauth.pkce.Pkce;
import dev.mandate.oauth.revoke.RevokeEndpoint;
import dev.mandate.oauth.scope.Audience;
import dev.mandate.oauth.token.AuthorizationCodeGrant;
import dev.mandate.oauth.token.ClientCredentialsGrant;
import dev.mandate.oauth.token.DeviceCodeGrant;
import dev.mandate.oauth.token.IdTokens;
import dev.mandate.oauth.token.RefreshTokenGrant;
import dev.mandate.oauth.token.ReplayAlarm;
import dev.mandate.oauth.token.TokenAudit;
import dev.mandate.oauth.token.TokenEndpoint;
import dev.mandate.oauth.token.TokenIssuer;
import dev.mandate.oauth.token.TokenMeters;
import dev.mandate.oauth.userinfo.UserInfoEndpoint;
import dev.mandate.platform.crypto.CryptoProvider;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.http.Router;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.TestKeys;
import dev.mandate.testing.Told;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The endpoints without pages, on a real socket over real stores, for tests.
public final class OAuthServer implements AutoCloseable {
  public static final String ISSUER = "https://mandate.example";

  /// What people were told.
  public final Told told = new Told();

  public static final String USERINFO = ISSUER + "/oauth/userinfo";
  public static final int BODY_BYTES_MAX = 64 * 1024;
  public static final String VERIFIER = "v".repeat(43);

  public final TestClock clock = new TestClock();
  public final ChangeFeed changes = new ChangeFeed();
  public final Stores stores;
  public final Fixture fixture;
  public final SigningKeys keys;
  public final AccessTokens accessTokens;
  public final RefreshTokens refreshTokens;
  public final AuthorizationCodes codes;
  public final AllowedOrigins origins;
  public final Meters meters = new Meters();
  public final DpopNonces nonces = new DpopNonces(new byte[32], clock);
  public final Issuers issuers = new Issuers(ISSUER);
  public final Restraints restraints;
  public final Activity activity = new Activity(clock);

  private final Vertx vertx = Vertx.vertx();
  private final HttpListener listener;
  private final HttpClient http = HttpClient.newHttpClient();

  public OAuthServer(Path folder) {
    this(folder, null);
  }

  /// A node of this database; SQLite's in the folder when null.
  public OAuthServer(Path folder, @Nullable DatabaseUrl database) {
    CryptoProvider.install();
    SecureRandom random = new SecureRandom();
    TokenSource source = new TokenSource(random, clock);
    stores = Stores.open(folder, database, changes, clock);
    fixture = new Fixture(stores, clock).save();
    Vault vault = new Vault(new byte[32], stores.tenantKeys(), random);
    keys = new SigningKeys(stores.signingKeys(), vault, clock);
    TokenConfig config = TokenConfig.DEFAULT;
    accessTokens = new AccessTokens(keys, source, clock, config);
    refreshTokens = new RefreshTokens(stores.refreshTokens(), source, random, clock, config);
    codes = new AuthorizationCodes(stores.codes(), source, clock, config);
    origins = new AllowedOrigins(stores.clients(), changes, Runnable::run);
    origins.load(Fixture.TENANT);
    restraints = new Restraints(stores.restraints(), changes, clock);
    ListenerConfig listening =
        new ListenerConfig(
            "127.0.0.1", 0, BODY_BYTES_MAX, 16_384, Duration.ofSeconds(30), List.of(), 1, null);
    listener = new HttpListener(vertx, listening, routes(config, source), source).start();
  }

  private Router routes(TokenConfig config, TokenSource source) {
    ClientAuthentication authentication =
        new ClientAuthentication(
            stores.clients(),
            new ClientAssertions(
                new ClientKeys(
                    new PublishedKeys(
                        new GuardedClient(vertx, InetAddress::getAllByName, PublishedKeys.BOUNDS),
                        new Egress(true, Map.of()),
                        clock)),
                stores.usedOnce(),
                clock),
            restraints,
            changes);
    RightsReader rights =
        LiveTokens.keeping(
            new RightsReader(
                stores.tenants(),
                stores.mandates(),
                stores.clients(),
                stores.users(),
                stores.budgets(),
                stores.modelTiers()),
            changes);
    ReplayAlarm alarm = new ReplayAlarm(stores.mandates(), stores.audit(), clock);
    KeyBinding binding = new KeyBinding(issuers, new DpopProofs(nonces, stores.usedOnce(), clock));
    TokenEndpoint token =
        new TokenEndpoint(
            issuers,
            authentication,
            binding,
            List.of(
                new AuthorizationCodeGrant(stores.codes(), refreshTokens, alarm, clock),
                new RefreshTokenGrant(refreshTokens, alarm),
                new DeviceCodeGrant(stores.devices(), refreshTokens, clock),
                new ClientCredentialsGrant(stores.mandates(), changes, clock)),
            rights,
            new Audience(stores.upstreams(), changes),
            new TokenIssuer(accessTokens, new IdTokens(keys, stores.users(), clock, config), clock),
            new TokenAudit(stores.audit(), clock),
            activity);
    RevokeEndpoint revoke =
        new RevokeEndpoint(
            issuers,
            authentication,
            new RevokeEndpoint.Tokens(accessTokens, refreshTokens, stores.revokedTokens()),
            stores.mandates(),
            stores.audit(),
            clock);
    Endpoint metadata =
        Cors.open(
            new MetadataEndpoint(
                issuers, stores.upstreams(), token.grantTypes(), AuthorizeConfig.STANDARD));
    Cors cors = new Cors(issuers, origins);
    LiveTokens live =
        new LiveTokens(accessTokens, stores.revokedTokens(), rights, restraints, changes, clock);
    ApiKeys apiKeys = TestKeys.of(stores, clock, told);
    IntrospectEndpoint introspect =
        new IntrospectEndpoint(
            issuers,
            authentication,
            new KeyAuthentication(apiKeys, restraints, clock),
            new Introspection(live, refreshTokens, apiKeys, rights, restraints, clock));
    Endpoint userInfo =
        cors.registered(
            binding.around(
                OAuthErrors.json(new UserInfoEndpoint(issuers, live, binding, stores.users()))));
    AuthorizeChecks checks =
        new AuthorizeChecks(
            stores.clients(),
            stores.upstreams(),
            stores.modelTiers(),
            restraints,
            AuthorizeConfig.STANDARD);
    PushEndpoint push =
        new PushEndpoint(
            issuers,
            authentication,
            binding,
            checks,
            new PushedRequests(stores.pushed(), source, clock, AuthorizeConfig.STANDARD),
            stores.audit(),
            clock);
    ObjectNode schema = Objects.requireNonNull(AuthorizationDetails.schemas().get("llm_access"));
    return new Router()
        .add("POST", "/oauth/par", cors.registered(binding.around(OAuthErrors.json(push))))
        .add("POST", "/oauth/introspect", OAuthErrors.json(introspect))
        .add(
            "POST",
            "/oauth/device_authorization",
            OAuthErrors.json(
                new DeviceAuthorizationEndpoint(
                    issuers, authentication, checks, stores.devices(), source, clock)))
        .add("GET", "/oauth/userinfo", userInfo)
        .add("POST", "/oauth/userinfo", userInfo)
        .add("OPTIONS", "/oauth/userinfo", cors.registeredPreflight())
        .add(
            "GET",
            DetailsSchemaEndpoint.path("llm_access"),
            Cors.open(new DetailsSchemaEndpoint(issuers, "llm_access", schema)))
        .add(
            "POST",
            "/oauth/token",
            cors.registered(
                binding.around(
                    OAuthErrors.json(new TokenMeters(meters, token.grantTypes()).around(token)))))
        .add("OPTIONS", "/oauth/token", cors.registeredPreflight())
        .add("POST", "/oauth/revoke", cors.registered(OAuthErrors.json(revoke)))
        .add("OPTIONS", "/oauth/revoke", cors.registeredPreflight())
        .add("GET", "/oauth/jwks", Cors.open(new JwksEndpoint(issuers, keys)))
        .add("OPTIONS", "/oauth/jwks", Cors.openPreflight())
        .add("GET", MetadataEndpoint.OAUTH_PATH, metadata)
        .add("OPTIONS", MetadataEndpoint.OAUTH_PATH, Cors.openPreflight())
        .add("GET", MetadataEndpoint.OPENID_PATH, metadata);
  }

  /// A code for this mandate, with [#VERIFIER] and the fixture's redirect URI.
  public String code(Mandate mandate, String... resources) {
    return codes
        .issue(
            mandate,
            Fixture.REDIRECT,
            Pkce.challenge(VERIFIER),
            "n-0S6",
            List.of(resources),
            null,
            clock.instant().minusSeconds(7))
        .reveal();
  }

  /// An answer, its body read as JSON where there is one.
  public record Answer(HttpResponse<String> http, JsonNode json) {
    public int status() {
      return http.statusCode();
    }

    public String text(String member) {
      return json.path(member).asText();
    }

    public @Nullable String header(String name) {
      return http.headers().firstValue(name).orElse(null);
    }
  }

  /// Posts a form of name, value, name, value …
  public Answer post(String path, String... form) {
    return send(request(path).POST(body(form)));
  }

  public Answer token(String... form) {
    return post("/oauth/token", form);
  }

  /// Redeems a code as the public client.
  public Answer redeem(String code, String... more) {
    return token(
        with(
            more,
            "grant_type",
            "authorization_code",
            "client_id",
            Fixture.APP.value(),
            "code",
            code,
            "redirect_uri",
            Fixture.REDIRECT,
            "code_verifier",
            VERIFIER));
  }

  public Answer refresh(String token, String... more) {
    return token(
        with(
            more,
            "grant_type",
            "refresh_token",
            "client_id",
            Fixture.APP.value(),
            "refresh_token",
            token));
  }

  public static String[] with(String[] more, String... form) {
    List<String> all = new ArrayList<>(List.of(form));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.port() + path));
  }

  public static HttpRequest.BodyPublisher body(String... form) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < form.length; i += 2) {
      text.append(text.isEmpty() ? "" : "&")
          .append(encode(form[i]))
          .append('=')
          .append(encode(form[i + 1]));
    }
    return HttpRequest.BodyPublishers.ofString(text.toString());
  }

  /// RFC 6749 §2.3.1.
  public static String basic(String id, Secret secret) {
    String pair = encode(id) + ":" + encode(secret.reveal());
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /// Sends, as a form unless the request says otherwise.
  public Answer send(HttpRequest.Builder request) {
    if (request.build().headers().firstValue("content-type").isEmpty()) {
      request.header("content-type", "application/x-www-form-urlencoded");
    }
    try {
      HttpResponse<String> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      String body = response.body();
      return new Answer(response, body.isEmpty() ? Json.object() : Json.parse(body));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    http.close();
    listener.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    stores.close();
  }
}

package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.domain.token.AccessTokens.Issued;
import dev.mandate.domain.user.Role;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.observe.LogFields;
import dev.mandate.platform.observe.RequestWatch;
import dev.mandate.testing.ClientKey;
import dev.mandate.testing.Dpop;
import dev.mandate.testing.Fixture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/// What holds for every operation alike, shown at clients.
@Isolated("takes the access log")
class AdminApiTest {
  private static final String CLIENT = "{\"id\":\"reports\",\"name\":\"Reports\"}";
  private static final String CONFIDENTIAL =
      "{\"id\":\"reports\",\"name\":\"Reports\",\"type\":\"confidential\"}";

  @TempDir private Path folder;
  private AdminServer server;

  @BeforeEach
  void start() {
    server = AdminServer.start(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  // Who calls.

  @Test
  void withoutACredentialTheChallengeHasNoErrorCode() {
    Answer answer = server.get("/clients", "authorization", "Basic Zm9vOmJhcg==");
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.code()).isEqualTo("invalid_credentials");
    assertThat(answer.header("www-authenticate"))
        .isEqualTo("Bearer realm=\"https://mandate.example/admin/v1\"");
  }

  @Test
  void aKeyIsTakenFromEitherHeaderAndTwoThatDifferAreRefused() {
    String key = server.admin.reveal();
    assertThat(server.get("/clients", "x-api-key", key).status()).isEqualTo(200);
    assertThat(server.get("/clients", "x-api-key", key, "authorization", "Bearer " + key).status())
        .isEqualTo(200);
    Answer two =
        server.get(
            "/clients",
            "x-api-key",
            key,
            "authorization",
            "Bearer " + server.key(AdminScope.names(), null).reveal());
    assertThat(two.status()).isEqualTo(400);
  }

  @Test
  void aKeyWithoutTheScopeIsToldWhichOneAndItIsWrittenDown() {
    String key = server.key(Set.of("clients:read"), null).reveal();
    Answer refused = server.post("/clients", CLIENT, "x-api-key", key);
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.code()).isEqualTo("insufficient_scope");
    assertThat(refused.header("www-authenticate"))
        .contains("error=\"insufficient_scope\"", "scope=\"clients:write\"");
    server.clock.advance(Duration.ofSeconds(1));
    server.post("/clients", CLIENT);
    assertThat(server.stores.audit().latest(Fixture.TENANT, 2))
        .extracting(AuditEvent::outcome)
        .containsExactlyInAnyOrder("ok", "insufficient_scope");
  }

  @Test
  void anExpiredKeyAndAKeyOfADemotedPersonAreRefused() {
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.ADMIN);
    String key = server.key(AdminScope.names(), Fixture.ADA).reveal();
    assertThat(server.get("/clients", "x-api-key", key).status()).isEqualTo(200);
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.MEMBER);
    assertThat(server.get("/clients", "x-api-key", key).status()).isEqualTo(403);
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.ADMIN);
    server.stores.users().setDisabled(Fixture.TENANT, Fixture.ADA, true);
    assertThat(server.get("/clients", "x-api-key", key).status()).isEqualTo(401);
    server.clock.advance(Duration.ofDays(366));
    assertThat(server.get("/clients").status()).isEqualTo(401);
  }

  private String token(Mandate mandate, String audience, String... scopes) {
    Issued issued =
        server.accessTokens.issue(
            server.issuers.root(),
            mandate,
            new TreeSet<>(List.of(scopes)),
            List.of(),
            List.of(audience));
    return "Bearer " + issued.token().reveal();
  }

  private Mandate adminMandate(String scopes) {
    Client app = Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, Fixture.APP));
    Set<String> policy = new HashSet<>(app.scopes());
    policy.addAll(AdminScope.names());
    server.stores.clients().save(app.withScopes(policy));
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.ADMIN);
    return server.fixture.mandate(Fixture.APP, Fixture.ADA, scopes, "openai");
  }

  // --- tokens that are bound to a key (RFC 9449)

  @Test
  void aBoundTokenNeedsAProofOfItsKeyOnce() {
    Mandate mandate = adminMandate("clients:read");
    Dpop client = new Dpop(ClientKey.ec(null), server.clock);
    String token =
        server
            .accessTokens
            .issue(
                server.issuers.root(),
                mandate,
                mandate.scopes(),
                List.of(),
                List.of(RESOURCE),
                new AccessTokens.Make(SignatureAlgorithm.ES256, client.key().thumbprint()))
            .token()
            .reveal();
    String nonce = server.nonces.next(Fixture.TENANT);
    String url = RESOURCE + "/clients";
    String proof = client.proof("GET", url, nonce, token);
    Answer allowed = server.get("/clients", "authorization", "DPoP " + token, "dpop", proof);
    assertThat(allowed.status()).as(allowed.json().toString()).isEqualTo(200);
    assertThat(allowed.header("dpop-nonce")).isNotEmpty();
    Dpop thief = new Dpop(ClientKey.ec(null), server.clock);
    for (String[] headers :
        new String[][] {
          {"authorization", "DPoP " + token, "dpop", proof},
          {"authorization", "DPoP " + token, "dpop", thief.proof("GET", url, nonce, token)},
          {"authorization", "DPoP " + token, "dpop", client.proof("POST", url, nonce, token)},
          {"authorization", "DPoP " + token, "dpop", client.proof("GET", url, nonce, null)},
          {"authorization", "DPoP " + token},
          {"authorization", "Bearer " + token},
          {"authorization", "Bearer " + token, "dpop", client.proof("GET", url, nonce, token)},
          {"x-api-key", token, "dpop", client.proof("GET", url, nonce, token)}
        }) {
      Answer refused = server.get("/clients", headers);
      assertThat(refused.status()).as(String.join(" ", headers)).isEqualTo(401);
      assertThat(refused.header("www-authenticate")).startsWith("DPoP ");
    }
    Answer stale =
        server.get(
            "/clients",
            "authorization",
            "DPoP " + token,
            "dpop",
            client.proof("GET", url, "x", token));
    assertThat(stale.header("www-authenticate")).contains("use_dpop_nonce");
    assertThat(stale.header("dpop-nonce")).isNotEmpty();
    String free = token(mandate, RESOURCE, "clients:read").substring("Bearer ".length());
    assertThat(
            server
                .get(
                    "/clients",
                    "authorization",
                    "DPoP " + free,
                    "dpop",
                    client.proof("GET", url, nonce, free))
                .status())
        .isEqualTo(401);
  }

  private static final String RESOURCE = AdminServer.ISSUER + AdminScope.RESOURCE;

  @Test
  void anAccessTokenForThisResourceIsGoodForItsScope() {
    Mandate mandate = adminMandate("clients:read clients:write");
    String token = token(mandate, RESOURCE, "clients:read");
    assertThat(server.get("/clients", "authorization", token).status()).isEqualTo(200);
    assertThat(server.post("/clients", CLIENT, "authorization", token).status()).isEqualTo(403);
  }

  @Test
  void anAccessTokenDecidesAboutNoServiceThatCouldGoOnAdministeringWithoutIt() {
    Mandate mandate = adminMandate("clients:read clients:write");
    String token = token(mandate, RESOURCE, "clients:read", "clients:write");
    String service =
        "{\"id\":\"%s\",\"name\":\"S\",\"type\":\"confidential\",\"grant_types\":"
            + "[\"client_credentials\"],\"scopes\":[%s]}";
    Answer refused =
        server.post(
            "/clients", service.formatted("evil", "\"clients:write\""), "authorization", token);
    assertThat(refused.code()).isEqualTo("needs_api_key");
    assertThat(server.post("/clients", service.formatted("s", "\"clients:write\"")).status())
        .isEqualTo(201);
    for (String verb : List.of("rotate_secret", "give_mandate")) {
      assertThat(server.post("/clients/s/" + verb, "", "authorization", token).code())
          .isEqualTo("needs_api_key");
    }
    // Nor one that begins without such scopes and gets them in a second step.
    assertThat(server.post("/clients", service.formatted("t", ""), "authorization", token).status())
        .isEqualTo(201);
    Answer grown =
        server.send(
            "PATCH",
            "/clients/t",
            "{\"scopes\":[\"clients:write\"]}",
            "authorization",
            token,
            "if-match",
            "*");
    assertThat(grown.code()).isEqualTo("needs_api_key");
  }

  @Test
  void theAccessLineOfARefusalSaysItsCode() throws InterruptedException {
    Logger access = (Logger) LoggerFactory.getLogger(RequestWatch.ACCESS_LOGGER);
    BlockingQueue<Map<String, Object>> lines = new LinkedBlockingQueue<>();
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            Map<String, Object> fields = new LinkedHashMap<>();
            ((LogFields) event.getArgumentArray()[0]).fields(fields::put);
            lines.add(fields);
          }
        };
    appender.start();
    Level before = access.getLevel();
    access.setLevel(Level.INFO);
    access.addAppender(appender);
    try {
      server.get("/clients/nobody");
      assertThat(lines.poll(60, TimeUnit.SECONDS)).containsEntry("code", "not_found");
      server.get("/clients", "authorization", "Bearer x");
      assertThat(lines.poll(60, TimeUnit.SECONDS)).containsEntry("code", "invalid_credentials");
    } finally {
      access.detachAppender(appender);
      access.setLevel(before);
    }
  }

  @Test
  void anAccessTokenForAnotherResourceIsRefused() {
    Mandate mandate = adminMandate("clients:read");
    String token = token(mandate, AdminServer.ISSUER + "/openai/v1", "clients:read");
    Answer refused = server.get("/clients", "authorization", token);
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.header("www-authenticate")).contains("error=\"invalid_token\"");
  }

  @Test
  void aTokensRightsEndWithThoseOfItsMandateItsClientAndItsUser() {
    Mandate mandate = adminMandate("clients:read");
    String token = token(mandate, RESOURCE, "clients:read", "audit:read", "clients:write");
    assertThat(server.post("/clients", CLIENT, "authorization", token).status())
        .as("more than the mandate has")
        .isEqualTo(403);
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.MEMBER);
    assertThat(server.get("/clients", "authorization", token).status())
        .as("the person's role was taken")
        .isEqualTo(403);
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.AUDITOR);
    assertThat(server.get("/clients", "authorization", token).status()).isEqualTo(200);
    Client app = Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, Fixture.APP));
    server.stores.clients().save(app.withScopes(Set.of("openid")));
    assertThat(server.get("/clients", "authorization", token).status())
        .as("the client's policy was cut")
        .isEqualTo(403);
    server.stores.clients().save(app.disable());
    assertThat(server.get("/clients", "authorization", token).status())
        .as("the client is disabled")
        .isEqualTo(401);
    server.stores.clients().save(app);
    server.stores.mandates().revoke(Fixture.TENANT, mandate.id(), server.clock.instant());
    assertThat(server.get("/clients", "authorization", token).status())
        .as("the mandate is revoked")
        .isEqualTo(401);
  }

  @Test
  void aRevokedAndAnExpiredTokenAreRefused() {
    Mandate mandate = adminMandate("clients:read");
    Issued issued =
        server.accessTokens.issue(
            server.issuers.root(),
            mandate,
            new TreeSet<>(Set.of("clients:read")),
            List.of(),
            List.of(RESOURCE));
    String bearer = "Bearer " + issued.token().reveal();
    assertThat(server.get("/clients", "authorization", bearer).status()).isEqualTo(200);
    server
        .stores
        .revokedTokens()
        .revoke(Fixture.TENANT, issued.claims().jti(), issued.claims().expiresAt());
    assertThat(server.get("/clients", "authorization", bearer).status()).isEqualTo(401);
    String other = token(mandate, RESOURCE, "clients:read");
    server.clock.advance(Duration.ofMinutes(16));
    assertThat(server.get("/clients", "authorization", other).status()).isEqualTo(401);
  }

  // What is sent.

  @Test
  void bodiesThatAreNotAsDeclaredAreRefusedWithThePlace() {
    Answer wrong = server.post("/clients", "{\"name\":7,\"nme\":\"x\"}");
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.code()).isEqualTo("invalid_body");
    assertThat(wrong.json().path("errors"))
        .extracting(e -> e.path("pointer").asText())
        .containsExactlyInAnyOrder("/name", "/nme");
    assertThat(server.post("/clients", "{\"name\":\"a\",\"name\":\"b\"}").code())
        .isEqualTo("invalid_request");
    assertThat(server.post("/clients", "{\"name\":").code()).isEqualTo("invalid_request");
    assertThat(server.post("/clients", "[]").code()).isEqualTo("invalid_body");
    assertThat(server.post("/clients", CLIENT, "content-type", "text/plain").status())
        .isEqualTo(415);
    assertThat(
            server
                .post("/clients", CLIENT, "content-type", "application/json;charset=utf-16")
                .status())
        .isEqualTo(415);
    String long_ = "{\"name\":\"" + "x".repeat(70_000) + "\"}";
    assertThat(server.post("/clients", long_).code()).isEqualTo("request_too_large");
  }

  @Test
  void textThatADatabaseCannotKeepIsRefused() {
    assertThat(server.post("/clients", "{\"name\":\"a\\u0000b\"}").code())
        .isEqualTo("invalid_body");
    assertThat(server.post("/clients", "{\"name\":\"a\\ud800b\"}").code())
        .isEqualTo("invalid_body");
    assertThat(server.get("/clients?cursor=MTphAGI").code()).isEqualTo("invalid_parameter");
  }

  // Versions.

  @Test
  void aChangeNeedsTheVersionThatWasRead() {
    Answer made = server.post("/clients", CLIENT);
    String path = "/clients/reports";
    String patch = "{\"name\":\"Monthly\"}";
    assertThat(made.header("location")).isEqualTo(AdminServer.ISSUER + "/admin/v1" + path);
    assertThat(server.get(path).etag()).isEqualTo(made.etag());
    assertThat(server.send("PATCH", path, patch).status()).isEqualTo(428);
    assertThat(server.send("PATCH", path, patch, "if-match", "\"other\"").status()).isEqualTo(412);
    assertThat(server.send("PATCH", path, patch, "if-match", "W/" + made.etag()).status())
        .isEqualTo(412);
    Answer changed = server.send("PATCH", path, patch, "if-match", made.etag());
    assertThat(changed.text("name")).isEqualTo("Monthly");
    assertThat(server.send("PATCH", path, patch, "if-match", made.etag()).status()).isEqualTo(412);
    assertThat(server.get(path, "if-none-match", changed.etag()).status()).isEqualTo(304);
    assertThat(server.get(path, "if-none-match", made.etag()).status()).isEqualTo(200);
    assertThat(server.send("DELETE", path, null).status()).isEqualTo(428);
    assertThat(server.send("DELETE", path, null, "if-match", made.etag()).status()).isEqualTo(412);
    assertThat(server.send("DELETE", path, null, "if-match", changed.etag()).status())
        .isEqualTo(204);
  }

  @Test
  void ofRacingChangesOfOneVersionOneWins() {
    Answer made = server.post("/clients", CLIENT);
    List<Integer> statuses =
        race(
            8,
            i ->
                server
                    .send(
                        "PATCH",
                        "/clients/reports",
                        "{\"name\":\"Name " + i + "\"}",
                        "if-match",
                        made.etag())
                    .status());
    assertThat(statuses).containsOnlyOnce(200);
    assertThat(statuses.stream().filter(s -> s != 200)).hasSize(7).containsOnly(412);
  }

  // Sent again.

  @Test
  void aRepeatedRequestHasOneEffectAndTheSameAnswerSecretIncluded() {
    Answer first = server.post("/clients", CONFIDENTIAL, "idempotency-key", "k-1");
    Answer again = server.post("/clients", CONFIDENTIAL, "idempotency-key", "k-1");
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.http().body()).isEqualTo(first.http().body());
    assertThat(again.text("client_secret")).hasSize(43);
    assertThat(again.etag()).isEqualTo(first.etag());
    assertThat(again.header("location")).isEqualTo(first.header("location"));
    assertThat(again.header("idempotency-replayed")).isEqualTo("true");
    assertThat(first.header("idempotency-replayed")).isEmpty();
  }

  @Test
  void aKeyIsForOneRequestOfOneCallerForADay() {
    server.post("/clients", CONFIDENTIAL, "idempotency-key", "k-1");
    Answer other = server.post("/clients", CLIENT, "idempotency-key", "k-1");
    assertThat(other.status()).isEqualTo(422);
    assertThat(other.code()).isEqualTo("idempotency_key_reused");
    String stranger = server.key(AdminScope.names(), null).reveal();
    assertThat(
            server
                .post("/clients", CONFIDENTIAL, "idempotency-key", "k-1", "x-api-key", stranger)
                .code())
        .as("another caller's key says nothing of the first one's answer")
        .isEqualTo("client_exists");
    server.clock.advance(Duration.ofHours(24));
    assertThat(server.post("/clients", CONFIDENTIAL, "idempotency-key", "k-1").code())
        .isEqualTo("client_exists");
    assertThat(server.post("/clients", CLIENT, "idempotency-key", "with space").code())
        .isEqualTo("invalid_parameter");
  }

  @Test
  void aRefusedRequestGivesItsKeyBack() {
    assertThat(server.post("/clients", "{}", "idempotency-key", "k-1").status()).isEqualTo(422);
    assertThat(server.post("/clients", CLIENT, "idempotency-key", "k-1").status()).isEqualTo(201);
  }

  @Test
  void ofRacingRepeatsOneHasAnEffect() {
    List<Answer> answers =
        race(
            8,
            _ ->
                server.post(
                    "/clients",
                    "{\"name\":\"Raced\",\"type\":\"confidential\"}",
                    "idempotency-key",
                    "k-1"));
    assertThat(answers.stream().map(Answer::status)).containsAnyOf(201).containsOnly(201, 409);
    Set<String> secrets = new HashSet<>();
    for (Answer answer : answers) {
      if (answer.status() == 201) {
        secrets.add(answer.text("client_secret"));
      }
    }
    assertThat(secrets).hasSize(1);
    assertThat(
            server.stores.clients().all(Fixture.TENANT).stream()
                .filter(c -> c.name().equals("Raced")))
        .hasSize(1);
  }

  @Test
  void aCallerWithTooManyOpenRequestsIsToldSoAndOthersAreNot() {
    List<Integer> statuses = race(60, _ -> server.get("/clients?limit=200").status());
    assertThat(statuses).contains(200).isSubsetOf(200, 429);
    assertThat(server.get("/clients").status()).isEqualTo(200);
  }

  @Test
  void nobodyMakesOrTakesOverAClientThatMayDoMoreThanThemselves() {
    String small = server.key(Set.of("clients:write", "clients:read"), null).reveal();
    String mighty =
        "{\"id\":\"boss\",\"name\":\"Boss\",\"type\":\"confidential\",\"scopes\":[\"users:write\"]}";
    assertThat(server.post("/clients", mighty, "x-api-key", small).code())
        .isEqualTo("beyond_own_scopes");
    Answer boss = server.post("/clients", mighty);
    assertThat(boss.status()).isEqualTo(201);
    for (Answer attempt :
        List.of(
            server.post("/clients/boss/rotate_secret", "", "x-api-key", small),
            server.send(
                "PATCH",
                "/clients/boss",
                "{\"redirect_uris\":[\"https://evil.example/cb\"]}",
                "if-match",
                boss.etag(),
                "x-api-key",
                small),
            server.send(
                "DELETE", "/clients/boss", null, "if-match", boss.etag(), "x-api-key", small))) {
      assertThat(attempt.code()).isEqualTo("beyond_own_scopes");
    }
    Answer plain = server.post("/clients", CLIENT, "x-api-key", small);
    assertThat(
            server
                .send(
                    "PATCH",
                    "/clients/reports",
                    "{\"scopes\":[\"tenants:write\"]}",
                    "if-match",
                    plain.etag(),
                    "x-api-key",
                    small)
                .code())
        .isEqualTo("beyond_own_scopes");
    assertThat(
            Objects.requireNonNull(
                    server.stores.clients().find(Fixture.TENANT, new ClientId("boss")))
                .redirectUris())
        .isEmpty();
  }

  @Test
  void noSecretIsAtRestInTheClear() throws IOException {
    Answer made = server.post("/clients", CONFIDENTIAL, "idempotency-key", "k-1");
    String secret = made.text("client_secret");
    assertThat(secret).hasSize(43);
    List<Path> files;
    try (Stream<Path> found = Files.list(folder)) {
      files = found.filter(Files::isRegularFile).toList();
    }
    assertThat(files).hasSizeGreaterThan(1);
    for (Path file : files) {
      String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      assertThat(bytes.contains(secret)).as(file + " has the secret").isFalse();
    }
  }

  private interface Attempt<T> {
    T run(int racer);
  }

  private static <T> List<T> race(int racers, Attempt<T> attempt) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> running =
          IntStream.range(0, racers).mapToObj(i -> threads.submit(() -> attempt.run(i))).toList();
      List<T> results = new ArrayList<>();
      for (Future<T> one : running) {
        results.add(one.get());
      }
      return results;
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }
}

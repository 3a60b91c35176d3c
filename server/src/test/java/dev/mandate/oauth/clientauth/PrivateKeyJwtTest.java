package dev.mandate.oauth.clientauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.sun.net.httpserver.HttpServer;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.ClientKey;
import dev.mandate.testing.Fixture;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `private_key_jwt` (RFC 7523), by which a client proves who it is without a secret that we know.
class PrivateKeyJwtTest {
  private static final ClientId ROBOT = new ClientId("robot");
  private static final ClientKey KEY = ClientKey.ec("key-1");
  private static final ClientKey OTHER_KEY = ClientKey.ec("key-1");
  private static final AtomicInteger IDS = new AtomicInteger();

  private static OAuthServer server;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
    save(ROBOT, new Proof.Keys(null, Json.write(KEY.set()), null));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Client save(ClientId id, Proof.Keys proof) {
    Client client =
        server
            .fixture
            .client(
                id,
                null,
                null,
                Set.of("client_credentials"),
                Set.of("llm:openai", "introspect"),
                false)
            .withProof(proof);
    server.stores.clients().save(client);
    server.fixture.mandate(id, null, "llm:openai", "openai");
    return client;
  }

  private static ObjectNode claims(ClientId id) {
    long now = server.clock.instant().getEpochSecond();
    return Json.object()
        .put("iss", id.value())
        .put("sub", id.value())
        .put("aud", OAuthServer.ISSUER)
        .put("iat", now)
        .put("exp", now + 60)
        .put("jti", "jti-" + IDS.incrementAndGet());
  }

  private static String assertion(Consumer<ObjectNode> change) {
    ObjectNode claims = claims(ROBOT);
    change.accept(claims);
    return KEY.sign("JWT", claims);
  }

  private static String[] proof(String assertion) {
    return new String[] {
      "client_assertion_type", ClientAssertions.TYPE, "client_assertion", assertion
    };
  }

  private static Answer token(String assertion, String... more) {
    return server.token(
        OAuthServer.with(
            OAuthServer.with(more, proof(assertion)), "grant_type", "client_credentials"));
  }

  private static void accepted(Answer answer) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
  }

  private static void refused(Answer answer, String why) {
    assertThat(answer.status()).as(why).isEqualTo(401);
    assertThat(answer.text("error")).as(why).isEqualTo("invalid_client");
    assertThat(answer.text("error_description")).isEqualTo("the client is not authenticated");
  }

  @Test
  void aSignedAssertionAuthenticatesAtEveryEndpoint() {
    accepted(token(assertion(_ -> {})));
    accepted(token(assertion(_ -> {}), "client_id", ROBOT.value()));
    accepted(token(assertion(c -> c.putArray("aud").add(OAuthServer.ISSUER))));
    for (String typ : List.of("client-authentication+jwt", "application/jwt")) {
      accepted(token(KEY.sign(typ, claims(ROBOT))));
    }
    accepted(token(KEY.sign((String) null, claims(ROBOT))));
    String[] asked = {"token", "x"};
    accepted(server.post("/oauth/introspect", OAuthServer.with(asked, proof(assertion(_ -> {})))));
    accepted(server.post("/oauth/revoke", OAuthServer.with(asked, proof(assertion(_ -> {})))));
    refused(server.post("/oauth/introspect", "token", "x", "client_id", "robot"), "no assertion");
  }

  @Test
  void anAssertionForSomebodyElseIsRefused() {
    Map<String, Consumer<ObjectNode>> wrong =
        Map.ofEntries(
            Map.entry("no aud", c -> c.remove("aud")),
            Map.entry("the endpoint", c -> c.put("aud", OAuthServer.ISSUER + "/oauth/token")),
            Map.entry("a slash more", c -> c.put("aud", OAuthServer.ISSUER + "/")),
            Map.entry(
                "another case", c -> c.put("aud", OAuthServer.ISSUER.toUpperCase(Locale.ROOT))),
            Map.entry("a tenant", c -> c.put("aud", OAuthServer.ISSUER + "/t/globex")),
            Map.entry(
                "two", c -> c.putArray("aud").add(OAuthServer.ISSUER).add("https://b.example")),
            Map.entry("none of many", c -> c.putArray("aud")),
            Map.entry("a number", c -> c.put("aud", 1)),
            Map.entry("by another", c -> c.put("iss", "app")),
            Map.entry("by nobody", c -> c.remove("iss")),
            Map.entry("about another", c -> c.put("sub", "app")),
            Map.entry("about nobody", c -> c.remove("sub")),
            Map.entry("about a stranger", c -> c.put("sub", "x".repeat(5_000))));
    wrong.forEach((why, change) -> refused(token(assertion(change)), why));
    refused(token(assertion(_ -> {}), "client_id", "app"), "another client_id");
  }

  @Test
  void anAssertionOfAnotherTimeIsRefusedAtTheSecond() {
    long now = server.clock.instant().getEpochSecond();
    long skew = ClientAssertions.SKEW.toSeconds();
    long most = now + ClientAssertions.LIFETIME_MAX.toSeconds() + skew;
    accepted(token(assertion(c -> c.put("exp", now - skew + 1))));
    refused(token(assertion(c -> c.put("exp", now - skew))), "expired");
    accepted(token(assertion(c -> c.put("exp", most))));
    refused(token(assertion(c -> c.put("exp", most + 1))), "ends too late");
    accepted(token(assertion(c -> c.put("nbf", now + skew))));
    refused(token(assertion(c -> c.put("nbf", now + skew + 1))), "not yet");
    refused(token(assertion(c -> c.put("iat", now + skew + 1))), "made later");
    refused(token(assertion(c -> c.remove("exp"))), "no end");
    refused(token(assertion(c -> c.put("exp", String.valueOf(now + 60)))), "a text");
    refused(token(assertion(c -> c.put("exp", 1e300))), "no time at all");
    refused(token(assertion(c -> c.put("nbf", "x"))), "nbf is a text");
  }

  @Test
  void anAssertionWithoutANameOfItsOwnIsRefused() {
    refused(token(assertion(c -> c.remove("jti"))), "no jti");
    refused(token(assertion(c -> c.put("jti", ""))), "an empty one");
    refused(token(assertion(c -> c.put("jti", 7))), "a number");
    refused(token(assertion(c -> c.put("jti", "x".repeat(201)))), "too long");
    accepted(token(assertion(c -> c.put("jti", "x".repeat(200)))));
  }

  @Test
  void anAssertionIsUsedOnceAndARefusedOneNotAtAll() {
    String assertion = assertion(_ -> {});
    Answer unsupported =
        server.token(OAuthServer.with(proof(assertion), "grant_type", "no such grant"));
    assertThat(unsupported.text("error")).as("authenticated").isEqualTo("unsupported_grant_type");
    refused(token(assertion), "used before");
    String jti = "shared-" + IDS.incrementAndGet();
    refused(token(OTHER_KEY.sign("JWT", claims(ROBOT).put("jti", jti))), "a stranger's key");
    accepted(token(assertion(c -> c.put("jti", jti))));
    ClientId twin = new ClientId("twin");
    save(twin, new Proof.Keys(null, Json.write(KEY.set()), null));
    accepted(token(KEY.sign("JWT", claims(twin).put("jti", jti))));
  }

  @Test
  void ofRacingUsesOneIsAccepted() throws Exception {
    String assertion = assertion(_ -> {});
    List<Callable<Answer>> racers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      racers.add(() -> token(assertion));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      int accepted = 0;
      for (var racer : threads.invokeAll(racers)) {
        accepted += racer.get().status() == 200 ? 1 : 0;
      }
      assertThat(accepted).isEqualTo(1);
    }
  }

  @Test
  void onlyTheClientsKeyAndItsAlgorithmCount() throws Exception {
    refused(token(OTHER_KEY.sign("JWT", claims(ROBOT))), "another key of the same name");
    refused(
        token(KEY.sign(b -> b.keyID("key-2").type(JOSEObjectType.JWT), claims(ROBOT))),
        "a kid that isn't there");
    accepted(token(KEY.sign(b -> b.type(JOSEObjectType.JWT), claims(ROBOT))));
    refused(
        token(KEY.sign(b -> b.jwk(OTHER_KEY.jwk().toPublicJWK()).keyID("x"), claims(ROBOT))),
        "a key that it brings itself");
    refused(token(OTHER_KEY.sign(b -> b.jwk(OTHER_KEY.jwk().toPublicJWK()), claims(ROBOT))), "too");
    for (String typ : List.of("at+jwt", "dpop+jwt", "oauth-authz-req+jwt")) {
      refused(token(KEY.sign(typ, claims(ROBOT))), "of type " + typ);
    }
    refused(
        token(
            KEY.sign(
                b -> b.criticalParams(Set.of("urn:x")).customParam("urn:x", true), claims(ROBOT))),
        "critical");
    // The public key as an HMAC secret, and no signature at all.
    JWSObject mac =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("key-1").build(),
            new Payload(Json.write(claims(ROBOT))));
    mac.sign(
        new MACSigner(KEY.jwk().toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8)));
    refused(token(mac.serialize()), "HS256");
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String none =
        base64.encodeToString(
                "{\"alg\":\"none\",\"kid\":\"key-1\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + base64.encodeToString(Json.bytes(claims(ROBOT)))
            + ".";
    refused(token(none), "none");
    refused(token(none + "AAAA"), "none with something");
    for (String text : List.of("x", "a.b.c", "..", "é.é.é", "x".repeat(20_000))) {
      refused(token(text), "no JWT");
    }
  }

  @Test
  void aRegisteredAlgorithmIsTheOnlyOne() {
    ClientKey rsa = ClientKey.rsa("key-r", 2048);
    ObjectNode both = KEY.set();
    both.withArray("keys").add(rsa.publicJwk());
    ClientId id = new ClientId("strict-robot");
    save(id, new Proof.Keys(SignatureAlgorithm.RS256, Json.write(both), null));
    accepted(token(rsa.sign("JWT", claims(id))));
    refused(token(KEY.sign("JWT", claims(id))), "ES256 where RS256 is registered");
    save(id, new Proof.Keys(null, Json.write(both), null));
    accepted(token(KEY.sign("JWT", claims(id))));
  }

  @Test
  void aRequestProvesInOneWayAndInTheClientsOwn() {
    String basic = OAuthServer.basic("service", Fixture.SERVICE_SECRET);
    String[] form = OAuthServer.with(proof(assertion(_ -> {})), "grant_type", "client_credentials");
    Answer two =
        server.send(
            server
                .request("/oauth/token")
                .header("authorization", basic)
                .POST(OAuthServer.body(form)));
    assertThat(two.status()).isEqualTo(400);
    assertThat(two.text("error")).isEqualTo("invalid_request");
    assertThat(token(assertion(_ -> {}), "client_secret", "x").text("error"))
        .isEqualTo("invalid_request");
    assertThat(token(assertion(_ -> {}), "client_assertion", "x").text("error"))
        .as("doubled")
        .isEqualTo("invalid_request");
    refused(
        server.token("grant_type", "client_credentials", "client_assertion", assertion(_ -> {})),
        "without its type");
    refused(
        server.token(
            "grant_type",
            "client_credentials",
            "client_assertion",
            assertion(_ -> {}),
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
        "of another type");
    refused(
        server.token(
            "grant_type", "client_credentials", "client_assertion_type", ClientAssertions.TYPE),
        "a type alone");
    refused(
        server.token(
            "grant_type",
            "client_credentials",
            "client_id",
            "robot",
            "client_secret",
            Fixture.SERVICE_SECRET.reveal()),
        "a secret for a client that signs");
    refused(
        token(KEY.sign("JWT", claims(Fixture.SERVICE))), "an assertion of one that has a secret");
    refused(token(KEY.sign("JWT", claims(Fixture.APP))), "an assertion of a public client");
  }

  @Test
  void aDisabledClientIsRefusedWithItsRightAssertion() {
    ClientId id = new ClientId("gone-robot");
    Client client = save(id, new Proof.Keys(null, Json.write(KEY.set()), null));
    accepted(token(KEY.sign("JWT", claims(id))));
    server.stores.clients().save(client.disable());
    refused(token(KEY.sign("JWT", claims(id))), "disabled");
  }

  // --- keys that the client publishes

  private static final class Publisher implements AutoCloseable {
    final AtomicInteger asked = new AtomicInteger();
    volatile String body = "";
    volatile int status = 200;
    volatile @Nullable String location;
    private final HttpServer http;

    Publisher() throws IOException {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      http.createContext(
          "/",
          exchange -> {
            asked.incrementAndGet();
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("cache-control", "max-age=120");
            if (location != null) {
              exchange.getResponseHeaders().add("location", location);
            }
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
          });
      http.start();
    }

    URI uri(String path) {
      return URI.create("http://127.0.0.1:" + http.getAddress().getPort() + path);
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  @Test
  void publishedKeysAreKeptAsLongAsTheAnswerSaysAndANewOneIsFound() throws IOException {
    ClientKey first = ClientKey.ec("first");
    ClientKey second = ClientKey.ec("second");
    ClientId id = new ClientId("publishing-robot");
    try (Publisher publisher = new Publisher()) {
      save(id, new Proof.Keys(null, null, publisher.uri("/jwks")));
      publisher.body = Json.write(first.set());
      accepted(token(first.sign("JWT", claims(id))));
      accepted(token(first.sign("JWT", claims(id))));
      assertThat(publisher.asked).hasValue(1);
      publisher.body = Json.write(second.set());
      refused(token(second.sign("JWT", claims(id))), "not known yet, and asked a moment ago");
      assertThat(publisher.asked).hasValue(1);
      server.clock.advance(PublishedKeys.FETCH_AGAIN);
      accepted(token(second.sign("JWT", claims(id))));
      assertThat(publisher.asked).hasValue(2);
      refused(token(first.sign("JWT", claims(id))), "the client took it away");
      // It fails for a while: what is known serves on, for a while.
      publisher.status = 500;
      server.clock.advance(java.time.Duration.ofMinutes(2));
      accepted(token(second.sign("JWT", claims(id))));
      assertThat(publisher.asked).hasValue(3);
      server.clock.advance(PublishedKeys.STALE_MAX);
      refused(token(second.sign("JWT", claims(id))), "nobody can say whether it still holds");
      publisher.status = 200;
      server.clock.advance(PublishedKeys.FETCH_AGAIN);
      accepted(token(second.sign("JWT", claims(id))));
    }
  }

  @Test
  void aHostilePublisherGetsNothingAndAClientOfItNoToken() throws IOException {
    ClientId id = new ClientId("hostile-robot");
    try (Publisher publisher = new Publisher();
        Publisher elsewhere = new Publisher()) {
      elsewhere.body = Json.write(KEY.set());
      List<Runnable> tricks =
          List.of(
              () -> {
                publisher.status = 302;
                publisher.location = elsewhere.uri("/").toString();
              },
              () -> publisher.body = "x".repeat(PublishedKeys.BOUNDS.answerBytesMax() + 1),
              () -> publisher.body = "{\"keys\":[]}",
              () -> publisher.body = "{\"keys\":{\"kty\":\"EC\"}}",
              () -> publisher.body = "[]",
              () -> publisher.body = "{\"keys\":[],\"keys\":[]}",
              () -> publisher.body = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
              () -> publisher.body = "");
      int n = 0;
      for (Runnable trick : tricks) {
        publisher.status = 200;
        publisher.location = null;
        trick.run();
        save(id, new Proof.Keys(null, null, publisher.uri("/" + n++)));
        refused(token(KEY.sign("JWT", claims(id))), "trick " + n);
      }
      assertThat(publisher.asked).hasValue(tricks.size());
      assertThat(elsewhere.asked).as("a redirect is not followed").hasValue(0);
    }
  }

  @Test
  void anAddressThatIsNotPublicIsNeverAsked() throws IOException {
    Vertx vertx = Vertx.vertx();
    try (Publisher publisher = new Publisher();
        ServerSocket door = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        GuardedClient http =
            new GuardedClient(vertx, InetAddress::getAllByName, PublishedKeys.BOUNDS)) {
      publisher.body = Json.write(KEY.set());
      PublishedKeys guarded = new PublishedKeys(http, new Egress(false, Map.of()), server.clock);
      // By its address, by a name that leads there, and in the clear at all.
      for (String origin :
          List.of("https://127.0.0.1:", "https://localhost:", "http://localhost:")) {
        URI there = URI.create(origin + door.getLocalPort() + "/a");
        assertThat(guarded.of(Fixture.TENANT, there, null)).isEmpty();
      }
      door.setSoTimeout(100);
      assertThatThrownBy(door::accept).isInstanceOf(SocketTimeoutException.class);
      PublishedKeys open = new PublishedKeys(http, new Egress(true, Map.of()), server.clock);
      assertThat(open.of(Fixture.TENANT, publisher.uri("/a"), null)).hasSize(1);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }
}

package dev.mandate.domain.notice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpServer;
import dev.mandate.domain.notice.Sender.Attempt;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Tenants;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Messages on a real socket, verified by the standard's own library, and the ways in which a
/// webhook could be turned against the operator's network.
class WebhookSenderTest {
  private static final TenantId TENANT = Tenants.ACME;

  /// The standard's library compares with its own clock.
  private final InstantSource clock = InstantSource.system();

  private final Vertx vertx = Vertx.vertx();
  private final SecureRandom random = new SecureRandom();
  private final TokenSource tokens = new TokenSource(random, clock);
  private final List<Got> got = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();
  private Stores stores;
  private Vault vault;
  private HttpServer hook;
  private volatile int status = 204;

  private record Got(String path, HttpHeaders headers, String body) {}

  @BeforeEach
  void start(@TempDir Path folder) throws IOException {
    stores = Stores.open(folder, new ChangeFeed(), clock);
    stores.tenants().save(Tenants.tenant(TENANT));
    vault = new Vault(new byte[32], stores.tenantKeys(), random);
    hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hook.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          got.add(
              new Got(
                  exchange.getRequestURI().toString(),
                  HttpHeaders.of(exchange.getRequestHeaders(), (_, _) -> true),
                  body));
          if (status / 100 == 3) {
            exchange.getResponseHeaders().add("location", url("/elsewhere").toString());
          }
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    hook.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    hook.start();
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
    hook.stop(0);
    vertx.close().toCompletionStage().toCompletableFuture().join();
    stores.close();
  }

  private URI url(String path) {
    return URI.create("http://127.0.0.1:" + hook.getAddress().getPort() + path);
  }

  private WebhookSender sender(boolean allowsPrivate, GuardedClient.Resolver resolver) {
    GuardedClient http =
        new GuardedClient(
            vertx,
            resolver,
            new GuardedClient.Bounds(Duration.ofMinutes(1), Duration.ofMinutes(1), 1_024));
    open.add(http);
    return new WebhookSender(stores.webhooks(), vault, new Egress(allowsPrivate, Map.of()), http);
  }

  private WebhookSender sender() {
    return sender(true, InetAddress::getAllByName);
  }

  private Secret webhook(String id, URI url) {
    Secret secret = WebhookSecret.generate(tokens);
    stores
        .webhooks()
        .insert(
            new Webhook(TENANT, id, url, new TreeSet<>(), false, "", Instant.EPOCH),
            vault.seal(TENANT, Webhook.row(id), secret.utf8()));
    return secret;
  }

  private static Notice notice() {
    return new Notice(
        TENANT,
        "ntc_1",
        "once",
        Notice.Kind.CALLER_UNUSUAL,
        "api_key:key_1",
        null,
        "<img src=x onerror=alert(1)> \"quoted\"\r\nX-Header: no",
        Instant.parse("2026-11-21T10:00:00Z"));
  }

  private static void verify(Secret secret, Got message) throws Exception {
    new com.standardwebhooks.Webhook(secret.reveal()).verify(message.body(), message.headers());
  }

  @Test
  void theStandardsOwnLibraryVerifiesWhatIsSentAndNothingElse() throws Exception {
    Secret secret = webhook("whk_1", url("/hook?a=b"));
    assertThat(sender().send(notice(), "whk_1", clock.instant())).isEqualTo(new Attempt.Taken());
    Got message = got.getFirst();
    verify(secret, message);
    assertThat(message.path()).isEqualTo("/hook?a=b");
    assertThat(message.headers().firstValue("webhook-id")).contains("ntc_1");
    assertThat(message.body())
        .startsWith(
            "{\"type\":\"caller.unusual\",\"timestamp\":\"2026-11-21T10:00:00Z\",\"data\":{")
        .contains("\\r\\nX-Header: no");
    Got forged = new Got("/", message.headers(), message.body().replace("key_1", "key_2"));
    assertThatThrownBy(() -> verify(secret, forged))
        .isInstanceOf(WebhookVerificationException.class);
    assertThatThrownBy(() -> verify(WebhookSecret.generate(tokens), message))
        .isInstanceOf(WebhookVerificationException.class);
  }

  @Test
  void afterARotationBothSecretsVerifyForAWhileThenOnlyTheNewOne() throws Exception {
    Secret old = webhook("whk_1", url("/hook"));
    Secret next = WebhookSecret.generate(tokens);
    Instant until = clock.instant().plusSeconds(60);
    stores
        .webhooks()
        .rotate(TENANT, "whk_1", vault.seal(TENANT, Webhook.row("whk_1"), next.utf8()), until);
    WebhookSender sender = sender();
    sender.send(notice(), "whk_1", clock.instant());
    verify(old, got.getFirst());
    verify(next, got.getFirst());
    sender.send(notice(), "whk_1", until);
    assertThat(got.getLast().headers().firstValue("webhook-signature").orElseThrow())
        .startsWith("v1,")
        .doesNotContain(" ");
  }

  /// A client that follows any follows 303, with a GET.
  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void aRedirectIsNotFollowed(int redirect) {
    webhook("whk_1", url("/hook"));
    status = redirect;
    assertThat(sender().send(notice(), "whk_1", clock.instant()))
        .isEqualTo(
            new Attempt.NotTaken("it answered " + redirect + ", expected 200 to 299", false));
    assertThat(got).hasSize(1);
  }

  @Test
  void aWebhookThatIsGoneIsDisabledAtOnceAndOneThatFailsOnlyAfterMany() {
    webhook("whk_1", url("/hook"));
    webhook("whk_2", url("/hook"));
    WebhookSender sender = sender();
    status = 410;
    sender.send(notice(), "whk_1", clock.instant());
    assertThat(stores.webhooks().find(TENANT, "whk_1")).matches(w -> w != null && w.disabled());
    status = 500;
    for (int i = 1; i <= WebhookSender.FAILURES_MAX; i++) {
      assertThat(Objects.requireNonNull(stores.webhooks().find(TENANT, "whk_2")).disabled())
          .isFalse();
      sender.send(notice(), "whk_2", clock.instant());
    }
    assertThat(Objects.requireNonNull(stores.webhooks().find(TENANT, "whk_2")).disabled()).isTrue();
    int before = got.size();
    assertThat(sender.send(notice(), "whk_2", clock.instant()))
        .isEqualTo(new Attempt.NotTaken("the webhook is disabled or gone", true));
    assertThat(got).hasSize(before);
  }

  /// The URL is judged again whenever something is sent there: what is allowed may have changed.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[fd00:ec2::254]/",
        "https://10.0.0.7/",
        "https://localhost/",
        "https://2130706433/"
      })
  void nothingIsSentToWhatIsNotPublic(String target) {
    webhook("whk_1", URI.create(target));
    assertThat(sender(false, InetAddress::getAllByName).send(notice(), "whk_1", clock.instant()))
        .isEqualTo(new Attempt.NotTaken("the URL leads to an address that is not public", false));
  }

  @ParameterizedTest
  @CsvSource({
    "http://93.184.215.14/, 'is http, expected https'",
    "https://user@93.184.215.14/, 'has a user or a fragment, expected neither'"
  })
  void nothingIsSentToWhatIsNotEncryptedOrHasAUser(String target, String problem) {
    webhook("whk_1", URI.create(target));
    assertThat(sender(false, InetAddress::getAllByName).send(notice(), "whk_1", clock.instant()))
        .isEqualTo(new Attempt.NotTaken("the URL " + problem, false));
  }

  /// The second fence: a connection is judged by itself, whatever was said of the URL.
  @Test
  void noConnectionForAMessageIsMadeWithoutTlsOrIntoANetworkOfOurs() {
    Egress egress = new Egress(false, Map.of());
    InetAddress everybodys = InetAddress.ofLiteral("93.184.215.14");
    assertThat(egress.mayConnect(URI.create("https://a.example/"), everybodys)).isTrue();
    assertThat(egress.mayConnect(URI.create("http://a.example/"), everybodys)).isFalse();
    assertThat(
            egress.mayConnect(URI.create("https://a.example/"), InetAddress.ofLiteral("10.0.0.7")))
        .isFalse();
  }

  /// The check at the admin API sees a public address; what the name leads to when it is sent is
  /// what counts, and any one address of several is enough.
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "169.254.169.254", "::1"})
  void aNameThatLeadsInsideAMomentLaterIsNotConnectedTo(String inside) {
    URI named = URI.create("https://rebind.invalid:" + hook.getAddress().getPort() + "/");
    webhook("whk_1", named);
    GuardedClient.Resolver resolver =
        _ ->
            new InetAddress[] {
              InetAddress.ofLiteral("93.184.215.14"), InetAddress.ofLiteral(inside)
            };
    assertThat(sender(false, resolver).send(notice(), "whk_1", clock.instant()))
        .isEqualTo(new Attempt.NotTaken("the host leads to an address that is not public", false));
    assertThat(got).isEmpty();
  }

  /// Looked up once: a second look could lead elsewhere.
  @Test
  void theConnectionGoesToTheAddressThatWasLookedAt() {
    List<String> asked = new CopyOnWriteArrayList<>();
    URI named = URI.create("http://hook.invalid:" + hook.getAddress().getPort() + "/");
    webhook("whk_1", named);
    GuardedClient.Resolver resolver =
        host -> {
          asked.add(host);
          return new InetAddress[] {InetAddress.getLoopbackAddress()};
        };
    assertThat(sender(true, resolver).send(notice(), "whk_1", clock.instant()))
        .isEqualTo(new Attempt.Taken());
    assertThat(asked).containsExactly("hook.invalid");
    assertThat(got.getFirst().headers().firstValue("host").orElseThrow())
        .startsWith("hook.invalid");
  }
}

package dev.mandate.admin.leak;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.http.Router;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.TestKeys;
import dev.mandate.testing.Told;
import dev.mandate.testing.Users;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeakReportTest {
  private final TestClock clock = new TestClock();
  private final Told told = new Told();
  private final List<Change> heard = new ArrayList<>();
  private final TokenSource random = new TokenSource(new SecureRandom(), clock);
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient http = HttpClient.newHttpClient();
  private Stores stores;
  private ApiKeys keys;
  private HttpListener listener;

  @BeforeEach
  void start(@TempDir Path folder) {
    ChangeFeed feed = new ChangeFeed();
    stores = Stores.open(folder, feed, clock);
    for (TenantId tenant : List.of(ACME, GLOBEX)) {
      stores.tenants().save(Tenants.tenant(tenant));
      stores.users().insert(Users.member(tenant, "mia"));
    }
    feed.subscribe(heard::add);
    keys = TestKeys.of(stores, clock, told);
    listener =
        new HttpListener(
                vertx,
                new ListenerConfig(
                    "127.0.0.1",
                    0,
                    256 * 1024,
                    16_384,
                    Duration.ofSeconds(30),
                    List.of("127.0.0.1"),
                    1,
                    null),
                new Router()
                    .addAtRoot(
                        "POST",
                        LeakReportEndpoint.PATH,
                        new LeakReportEndpoint(keys.leaks(), new ReportThrottle(clock))),
                random)
            .start();
  }

  @AfterEach
  void stop() {
    http.close();
    listener.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    stores.close();
  }

  private ApiKeys.Shown key(TenantId tenant) {
    return keys.make(
        new ApiKeys.Wish(
            tenant,
            "export",
            Users.member(tenant, "mia").id(),
            null,
            Set.of("users:read"),
            KeyBounds.NONE,
            null),
        clock.instant().plus(Duration.ofDays(30)),
        clock.instant());
  }

  private ApiKey stored(ApiKeys.Shown key) {
    return Objects.requireNonNull(stores.apiKeys().find(key.key().tenant(), key.key().id()));
  }

  private HttpResponse<String> report(String body, String from, String type) {
    try {
      return http.send(
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + listener.port() + LeakReportEndpoint.PATH))
              .header("content-type", type)
              .header("x-forwarded-for", from)
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private HttpResponse<String> report(String body) {
    return report(body, "192.0.2.1", "application/json");
  }

  /// As GitHub's secret scanning sends it.
  private static String scanned(Secret... found) {
    StringBuilder entries = new StringBuilder();
    for (Secret one : found) {
      entries
          .append(entries.isEmpty() ? "" : ",")
          .append("{\"token\":\"")
          .append(one.reveal())
          .append("\",\"type\":\"mandate_api_key\",\"url\":\"https://git.example/x\",")
          .append("\"source\":\"content\"}");
    }
    return "[" + entries + "]";
  }

  @Test
  void aReportedKeyIsRevokedAtOnceInWhateverTenantAndItsOwnerTold() {
    ApiKeys.Shown acme = key(ACME);
    ApiKeys.Shown globex = key(GLOBEX);
    ApiKeys.Shown other = key(ACME);
    assertThat(report(scanned(acme.secret(), globex.secret())).statusCode()).isEqualTo(200);
    for (ApiKeys.Shown one : List.of(acme, globex)) {
      assertThat(stored(one).isLive(clock.instant())).isFalse();
      assertThat(Objects.requireNonNull(stored(one).leak()).place()).isEqualTo(LeakPlace.REPORT);
      assertThat(stores.audit().latest(one.key().tenant(), 10))
          .singleElement()
          .matches(event -> event.type().equals("api_key.leaked"))
          .matches(event -> !event.toString().contains(one.secret().reveal()));
    }
    assertThat(stored(other).isLive(clock.instant())).isTrue();
    assertThat(heard)
        .containsExactly(
            new Change.ApiKeyRevoked(ACME, acme.key().id()),
            new Change.ApiKeyRevoked(GLOBEX, globex.key().id()));
    assertThat(told.all())
        .hasSize(2)
        .allMatch(one -> one.kind() == Notice.Kind.API_KEY_LEAKED)
        .allMatch(one -> one.text().contains("revoked at once"))
        .noneMatch(one -> one.text().contains(acme.secret().reveal()));
    assertThat(report("{\"api_key\":\"" + other.secret().reveal() + "\"}").statusCode())
        .isEqualTo(200);
    assertThat(stored(other).isLive(clock.instant())).isFalse();
  }

  @Test
  void theAnswerIsTheSameWhateverWasReported() {
    ApiKeys.Shown key = key(ACME);
    HttpResponse<String> known = report(scanned(key.secret()));
    for (String other :
        List.of(
            scanned(key.secret()),
            scanned(ApiKeyFormat.generate(random)),
            scanned(Secret.of("not a key")),
            scanned(Secret.of("")),
            scanned(Secret.of("x".repeat(10_000))))) {
      HttpResponse<String> answer = report(other);
      assertThat(answer.statusCode()).isEqualTo(known.statusCode());
      assertThat(answer.body()).isEqualTo(known.body());
      assertThat(answer.headers().map().keySet()).isEqualTo(known.headers().map().keySet());
    }
    assertThat(stores.audit().latest(ACME, 10)).hasSize(1);
    assertThat(told.all()).hasSize(1);
  }

  @Test
  void knowingAnIdOrAHintReportsNothing() {
    ApiKeys.Shown key = key(ACME);
    for (String guess :
        List.of(key.key().id().value(), key.key().hint(), key.key().hash().value())) {
      assertThat(report(scanned(Secret.of(guess))).statusCode()).isEqualTo(200);
    }
    String text = key.secret().reveal();
    report(scanned(Secret.of(text.substring(0, text.length() - 1)), Secret.of(text + " ")));
    assertThat(stored(key).isLive(clock.instant())).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|400",
        "{|400",
        "{}|400",
        "[1]|400",
        "[{}]|400",
        "[{\"token\":1}]|400",
        "[[]]|400",
        "\"text\"|400",
        "{\"api_key\":null}|400",
        "[]|200"
      })
  void whatIsNoReportIsRefused(String body, int status) {
    assertThat(report(body).statusCode()).isEqualTo(status);
  }

  @Test
  void aReportIsBoundedInSizeCountAndType() {
    ApiKeys.Shown key = key(ACME);
    String many = "{\"token\":\"" + key.secret().reveal() + "\"}";
    assertThat(report("[" + (many + ",").repeat(100) + many + "]").statusCode()).isEqualTo(413);
    assertThat(report("[" + many + "]" + " ".repeat(64 * 1024)).statusCode()).isEqualTo(413);
    assertThat(report(scanned(key.secret()), "192.0.2.2", "text/plain").statusCode())
        .isEqualTo(415);
    assertThat(stored(key).isLive(clock.instant())).isTrue();
    assertThat(report("[" + (many + ",").repeat(99) + many + "]").statusCode()).isEqualTo(200);
    assertThat(stored(key).isLive(clock.instant())).isFalse();
  }

  @Test
  void whoReportsTooOftenWaitsAndKeepsNobodyElseOut() {
    for (int i = 0; i < ReportThrottle.PER_ADDRESS_MAX; i++) {
      assertThat(report("[]", "2001:db8::" + i, "application/json").statusCode()).isEqualTo(200);
    }
    ApiKeys.Shown key = key(ACME);
    HttpResponse<String> refused =
        report(scanned(key.secret()), "2001:db8::ffff", "application/json");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).hasValue("60");
    assertThat(stored(key).isLive(clock.instant())).isTrue();
    assertThat(report("[]", "2001:db8:0:1::1", "application/json").statusCode()).isEqualTo(200);
    clock.advance(Duration.ofMinutes(1));
    assertThat(report(scanned(key.secret()), "2001:db8::1", "application/json").statusCode())
        .isEqualTo(200);
    assertThat(stored(key).isLive(clock.instant())).isFalse();
  }
}

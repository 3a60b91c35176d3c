package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.WebhookSender;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.testing.Fixture;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Notices, webhooks, alert addresses and monitoring at the admin API.
class NoticesApiTest {
  private final Vertx vertx = Vertx.vertx();
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    GuardedClient http =
        new GuardedClient(vertx, InetAddress::getAllByName, GuardedClient.Bounds.STANDARD);
    Egress egress = new Egress(false, Map.of());
    server =
        new AdminServer(
            folder,
            s -> {
              var all = new ArrayList<>(SecondHalf.operations(s));
              WebhookSender sender = new WebhookSender(s.stores.webhooks(), s.vault, egress, http);
              all.addAll(
                  new WebhooksApi(s.stores.webhooks(), sender, s.vault, egress, s.tokens)
                      .operations());
              return all;
            });
  }

  @AfterEach
  void stop() {
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://127.0.0.1/h",
        "https://169.254.169.254/latest",
        "https://localhost/",
        "https://[::ffff:10.0.0.1]/",
        "http://93.184.215.14/",
        "https://user@93.184.215.14/",
        "file:///etc/passwd",
        "gopher://x.example/",
        "//x.example"
      })
  void aWebhookToAnywhereButTheInternetIsRefused(String url) {
    Answer answer = server.post("/webhooks", "{\"url\":\"" + url + "\"}");
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().at("/errors/0/pointer").asText()).isEqualTo("/url");
  }

  @Test
  void theSecretOfAWebhookIsShownWhenItIsMadeAndWhenItIsRotatedAndNeverElse() {
    Answer made =
        server.post(
            "/webhooks", "{\"url\":\"https://93.184.215.14/h\",\"kinds\":[\"caller.unusual\"]}");
    assertThat(made.status()).isEqualTo(201);
    String secret = made.text("secret");
    assertThat(secret).matches("whsec_[A-Za-z0-9+/=]{44}");
    String path = "/webhooks/" + made.text("id");
    assertThat(server.get(path).http().body()).doesNotContain("whsec_");
    assertThat(server.get("/webhooks").http().body()).doesNotContain("whsec_");
    Answer rotated = server.post(path + "/rotate", "{}");
    assertThat(rotated.text("secret")).startsWith("whsec_").isNotEqualTo(secret);
    Answer changed =
        server.send(
            "PATCH",
            path,
            "{\"disabled\":true}",
            "if-match",
            server.get(path).etag(),
            "authorization",
            "Bearer " + server.admin.reveal(),
            "content-type",
            "application/merge-patch+json");
    assertThat(changed.text("disabled_why")).isEqualTo("by an administrator");
    assertThat(server.stores.audit().latest(Fixture.TENANT, 99).toString())
        .contains("webhook.rotated")
        .doesNotContain("whsec_");
  }

  @Test
  void anAlertAddressIsOneAddress() {
    assertThat(server.post("/alert_addresses", "{\"address\":\"a@b.example\"}").status())
        .isEqualTo(201);
    assertThat(server.post("/alert_addresses", "{\"address\":\"a@b.example\"}").code())
        .isEqualTo("address_there");
    for (String address : List.of("a@b.c\\r\\nBcc: x@y.z", "a@b.c,d@e.f", "a")) {
      assertThat(server.post("/alert_addresses", "{\"address\":\"" + address + "\"}").status())
          .isEqualTo(422);
    }
  }

  @Test
  void aNoticeIsAcknowledgedByWhoDidIt() {
    server
        .stores
        .notices()
        .insertFirst(
            new Notice(
                Fixture.TENANT,
                "ntc_1",
                "o",
                Notice.Kind.API_KEY_LEAKED,
                "key_1",
                null,
                "A key leaked",
                server.clock.instant()),
            false);
    assertThat(server.get("/notices?acknowledged=false").json().path("items")).hasSize(1);
    assertThat(server.post("/notices/ntc_1/acknowledge", "{}").text("acknowledged_by"))
        .startsWith("key_");
    assertThat(server.get("/notices?acknowledged=false").json().path("items")).isEmpty();
  }

  @Test
  void behindStrangersIsNobodyToSuspend() {
    CallerId strangers = new CallerId(Fixture.TENANT, CallerId.Kind.NETWORK, "192.0.2.0/24");
    server
        .stores
        .findings()
        .raise(
            new Finding(
                "fnd_net",
                strangers,
                Finding.Kind.STRANGERS,
                "many",
                "fewer",
                Finding.Response.ALERT,
                server.clock.instant()),
            null,
            server.clock.instant(),
            _ -> true);
    assertThat(server.post("/findings/fnd_net/suspend", "{}").code()).isEqualTo("nobody_behind");
    assertThat(server.stores.restraints().find(strangers)).isNull();
  }

  @Test
  void aTenantDecidesWhatIsDoneAndAnAdministratorLetsACallerGoOn() {
    assertThat(server.get("/responses/requests").text("response")).isEqualTo("alert");
    Answer decided =
        server.send(
            "PUT",
            "/responses/requests",
            "{\"response\":\"suspend\"}",
            "if-match",
            server.get("/responses/requests").etag());
    assertThat(decided.text("response")).isEqualTo("suspend");
    assertThat(server.get("/responses").json().path("items")).hasSize(Finding.Kind.values().length);
    CallerId caller = CallerId.of(Fixture.TENANT, new ApiKeyId("key_1"));
    Finding finding =
        new Finding(
            "fnd_1",
            caller,
            Finding.Kind.REQUESTS,
            "much",
            "less",
            Finding.Response.SUSPEND,
            server.clock.instant());
    server
        .stores
        .findings()
        .raise(
            finding, new Restraint(caller, finding.at(), null, "fnd_1"), finding.at(), _ -> true);
    assertThat(server.get("/findings?kind=requests").json().at("/items/0/caller_id").asText())
        .isEqualTo("api_key:key_1");
    assertThat(server.get("/restraints/api_key:key_1").text("restraint")).isEqualTo("suspended");
    assertThat(server.post("/restraints/api_key:key_1/resume", "{}").status()).isEqualTo(200);
    assertThat(server.get("/restraints/api_key:key_1").status()).isEqualTo(404);
    assertThat(server.post("/findings/fnd_1/suspend", "{}").text("caller_id"))
        .isEqualTo("api_key:key_1");
    assertThat(server.get("/restraints/api_key:key_1").text("finding_id")).isEqualTo("fnd_1");
    assertThat(server.post("/findings/fnd_none/suspend", "{}").status()).isEqualTo(404);
    assertThat(server.get("/callers/nonsense").status()).isEqualTo(404);
  }
}

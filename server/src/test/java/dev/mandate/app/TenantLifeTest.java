package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.storage.Stores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tenants that come, change and go while the server runs.
class TenantLifeTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static ThreeTenants tenants;
  private static Stores stores;

  @BeforeAll
  static void start(@TempDir Path folder) {
    tenants = new ThreeTenants(folder);
    stores = tenants.server.parts().stores();
  }

  @AfterAll
  static void stop() {
    HTTP.shutdownNow();
    tenants.close();
  }

  private static Tenant make(String slug) {
    Tenant like = Objects.requireNonNull(stores.tenants().find(new TenantId("acme")));
    Tenant made =
        new Tenant(
            new TenantId(slug),
            slug,
            like.zone(),
            like.mandateLifetime(),
            like.mandateLifetimeMax());
    assertThat(stores.tenants().create(made)).isTrue();
    return made;
  }

  private static Wire.Answer jwks(String slug) {
    return Wire.get(tenants.issuer(slug) + "/oauth/jwks");
  }

  @Test
  void aTenantIsServedAsSoonAsItIsMadeAndHasKeysOfItsOwnAtFirstNeed() throws Exception {
    assertThat(jwks("initech").status()).isEqualTo(404);
    make("initech");
    List<Future<String>> answers = new ArrayList<>();
    try (ExecutorService racers = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 8; i++) {
        answers.add(racers.submit(() -> jwks("initech").body()));
      }
    }
    for (Future<String> answer : answers) {
      assertThat(answer.get()).contains("\"kid\"").isEqualTo(answers.getFirst().get());
    }
    assertThat(stores.signingKeys().all(new TenantId("initech"))).hasSize(2);
    assertThat(Wire.get(tenants.issuer("initech") + "/openai/v1/models").status()).isEqualTo(404);
  }

  @Test
  void aDisabledTenantAnswersNothingAndComesBackAsItWas() {
    Tenant hooli = make("hooli");
    String kids = jwks("hooli").body();
    assertThat(stores.tenants().setDisabled(hooli.id(), true)).isTrue();
    for (String path : List.of("/oauth/jwks", "/mandates", "/openai/v1/models", "/healthz")) {
      assertThat(Wire.get(tenants.issuer("hooli") + path).status()).as(path).isEqualTo(404);
    }
    assertThat(
            Wire.get(
                    "http://localhost:"
                        + tenants.port
                        + "/.well-known/oauth-authorization-server/t/hooli")
                .status())
        .isEqualTo(404);
    stores.tenants().setDisabled(hooli.id(), false);
    assertThat(jwks("hooli").body()).isEqualTo(kids);
    assertThat(stores.tenants().rename(hooli.id(), "Hooli XYZ")).isTrue();
    assertThat(Wire.get(tenants.issuer("hooli") + "/signin").body()).contains("Hooli XYZ");
  }

  /// A credential for a mandate with this id, which may be another tenant's mandate's too.
  private static Secret key(String slug, String mandate) {
    TenantId tenant = new TenantId(slug);
    Held held = new Held(tenants, slug);
    Mandate like =
        Objects.requireNonNull(stores.mandates().find(tenant, new MandateId(held.mandate)));
    Instant now = Instant.now();
    stores
        .mandates()
        .insert(
            new Mandate(
                tenant,
                new MandateId(mandate),
                like.client(),
                like.user(),
                new TreeSet<>(like.scopes()),
                like.access(),
                now,
                like.expiresAt(),
                null,
                null));
    Secret key = ApiKeyFormat.generate(tenants.server.parts().tokens());
    stores
        .apiKeys()
        .insert(
            new ApiKey(
                tenant,
                // The same id as the other tenant's as well.
                new ApiKeyId("key_" + mandate),
                TokenHash.of(key),
                ApiKeyFormat.hint(key),
                "same",
                like.user(),
                new MandateId(mandate),
                Set.of(),
                now,
                now.plusSeconds(3600),
                null,
                null));
    return key;
  }

  /// A stream under way, its first event read.
  private static BufferedReader stream(String slug, Secret key) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(tenants.issuer(slug) + "/openai/v1/chat/completions"))
            .header("authorization", "Bearer " + key.reveal())
            .header("content-type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    """
                    {"model":"%s","stream":true,"messages":
                     [{"role":"user","content":"hi [[sim chunks=60 chunk_delay=25]]"}]}
                    """
                        .formatted(tenants.openaiModel())))
            .build();
    try {
      var response = HTTP.send(request, HttpResponse.BodyHandlers.ofInputStream());
      assertThat(response.statusCode()).isEqualTo(200);
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
      assertThat(reader.readLine()).startsWith("data:");
      return reader;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String rest(BufferedReader stream) {
    try (stream) {
      StringBuilder rest = new StringBuilder();
      for (String line = stream.readLine(); line != null; line = stream.readLine()) {
        rest.append(line).append('\n');
      }
      return rest.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aRevocationEndsTheTenantsOwnMandateAndNotAnothersOfTheSameId() {
    Secret acme = key("acme", "mnd_same");
    Secret globex = key("globex", "mnd_same");
    BufferedReader cut = stream("acme", acme);
    BufferedReader runs = stream("globex", globex);
    stores.mandates().revoke(new TenantId("acme"), new MandateId("mnd_same"), Instant.now());
    assertThat(rest(cut)).contains("mandate_revoked").doesNotContain("[DONE]");
    assertThat(rest(runs)).contains("[DONE]").doesNotContain("revoked");
    assertThat(new Held(tenants, "acme").chat(acme.reveal()).text("/error/code"))
        .isEqualTo("mandate_revoked");
    assertThat(new Held(tenants, "globex").chat(globex.reveal()).status()).isEqualTo(200);
  }

  @Test
  void aKeysEndIsTheTenantsOwn() {
    Secret acme = key("acme", "mnd_keys");
    Secret globex = key("globex", "mnd_keys");
    BufferedReader cut = stream("acme", acme);
    BufferedReader runs = stream("globex", globex);
    stores.apiKeys().revoke(new TenantId("acme"), new ApiKeyId("key_mnd_keys"), Instant.now());
    assertThat(rest(cut)).contains("api_key_revoked").doesNotContain("[DONE]");
    assertThat(rest(runs)).contains("[DONE]");
    assertThat(new Held(tenants, "globex").chat(globex.reveal()).status()).isEqualTo(200);
  }

  @Test
  void disablingATenantCutsItsOpenStreamsAndNoOthers() {
    Secret acme = key("acme", "mnd_open");
    Secret globex = key("globex", "mnd_open");
    BufferedReader runs = stream("acme", acme);
    BufferedReader cut = stream("globex", globex);
    stores.tenants().setDisabled(new TenantId("globex"), true);
    try {
      assertThat(rest(cut)).contains("mandate_suspended").doesNotContain("[DONE]");
      assertThat(rest(runs)).contains("[DONE]");
    } finally {
      stores.tenants().setDisabled(new TenantId("globex"), false);
    }
    assertThat(new Held(tenants, "globex").chat(globex.reveal()).status()).isEqualTo(200);
  }

  @Test
  void anUpstreamIsThereAsSoonAsItIsMadeAndOnlyForItsTenant() {
    Held acme = new Held(tenants, "acme");
    Held globex = new Held(tenants, "globex");
    String path = "/late/v1/models";
    assertThat(Wire.get(acme.issuer + path).status()).isEqualTo(404);
    Upstream like = Objects.requireNonNull(stores.upstreams().find(new TenantId("acme"), "openai"));
    stores
        .upstreams()
        .save(
            new Upstream(
                like.tenant(),
                "late",
                "Late",
                like.provider(),
                like.baseUrl(),
                like.mergesUsage(),
                like.priceVersion(),
                like.models()));
    Wire.Answer there = Wire.get(acme.issuer + path, "authorization", "Bearer " + acme.apiKey);
    assertThat(there.text("/error/code")).isEqualTo("upstream_not_allowed");
    assertThat(Wire.get(globex.issuer + path).status()).isEqualTo(404);
    assertThat(Wire.get("http://localhost:" + tenants.port + path).status()).isEqualTo(404);
  }
}

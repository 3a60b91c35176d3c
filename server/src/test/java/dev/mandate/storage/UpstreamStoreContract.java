package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Resilience;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore.Replaced;
import dev.mandate.testing.Upstreams;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

abstract class UpstreamStoreContract extends StoreContract {
  private final Upstream openai = Upstreams.openai(ACME, URI.create("https://openai.test"));
  private final Upstream anthropic =
      Upstreams.anthropic(ACME, URI.create("https://anthropic.test"));

  UpstreamStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void upstreamsAreFoundAsSavedInOrderOfTheirNames() {
    stores.upstreams().save(openai);
    stores.upstreams().save(anthropic);
    assertThat(stores.upstreams().find(ACME, "openai")).isEqualTo(openai);
    assertThat(stores.upstreams().find(ACME, "nobody")).isNull();
    assertThat(stores.upstreams().all(ACME)).containsExactly(anthropic, openai);
    assertThat(heard)
        .containsExactly(new Change.PolicyChanged(ACME), new Change.PolicyChanged(ACME));
  }

  @Test
  void everyProviderAndAPriceForLongInputsAreKept() {
    Model plain = Upstreams.model("long", Set.of(Capability.CHAT));
    Model model =
        new Model(
            plain.name(),
            plain.displayName(),
            plain.capabilities(),
            plain.contextTokens(),
            plain.outputTokensMax(),
            plain.imageTokensMax(),
            new Price(1, 2, 3, 4, 5, new Price.LongContext(200_000, new Price(6, 7, 8, 9, 10))),
            plain.releasedAt());
    for (Provider provider : Provider.values()) {
      Upstream upstream =
          new Upstream(
                  ACME,
                  provider.wire(),
                  provider.wire(),
                  provider,
                  URI.create("https://llm.test"),
                  true,
                  "1",
                  List.of(model))
              .with(
                  new Resilience(
                      new Resilience.Timeouts(
                          Duration.ofMillis(10), null, null, Duration.ofHours(1)),
                      new Resilience.Capacity(3, 4, 5, Duration.ofSeconds(6), true),
                      new Resilience.Breaker(7, 8, Duration.ofSeconds(9), Duration.ofSeconds(10)),
                      4,
                      true,
                      Duration.ofMinutes(1),
                      List.of(
                          new Resilience.Fallback(
                              "other",
                              Map.of("long", "longer"),
                              Set.of(Resilience.Cause.BUSY, Resilience.Cause.UNREACHABLE)))));
      stores.upstreams().save(upstream);
      assertThat(stores.upstreams().find(ACME, provider.wire())).isEqualTo(upstream);
    }
    assertThat(stores.upstreams().page(ACME, Provider.AZURE_OPENAI, null, 9)).hasSize(1);
  }

  @Test
  void racingSavesLeaveOneOfThemWhole() {
    List<Upstream> saved =
        race(
            RACERS,
            i -> {
              Upstream upstream = Upstreams.openai(ACME, URI.create("https://openai.test/" + i));
              stores.upstreams().save(upstream);
              return upstream;
            });
    assertThat(stores.upstreams().find(ACME, "openai")).isIn(saved);
  }

  @Test
  void aNameIsGivenOnceAndOneOfRacingChangesWins() {
    assertThat(stores.upstreams().insert(openai)).isTrue();
    assertThat(stores.upstreams().insert(openai)).isFalse();
    List<Replaced> outcomes =
        race(
            RACERS,
            i ->
                stores
                    .upstreams()
                    .replace(
                        openai,
                        Upstreams.openai(ACME, URI.create("https://openai.test/" + (i + 1)))));
    assertThat(outcomes).containsOnlyOnce(Replaced.DONE);
    assertThat(heard).hasSize(2);
    assertThat(stores.upstreams().replace(openai, anthropic)).isEqualTo(Replaced.CHANGED);
  }

  @Test
  void anOriginWithACredentialDoesNotMoveAndGoesWithItsUpstream() {
    stores.upstreams().insert(openai);
    stores.credentials().insert(Stored.fresh(ACME, "cred_1", "openai", new byte[] {1}, "", NOW));
    assertThat(
            stores
                .upstreams()
                .replace(openai, Upstreams.openai(ACME, URI.create("https://other.test"))))
        .isEqualTo(Replaced.HAS_CREDENTIALS);
    assertThat(stores.upstreams().delete(anthropic)).isFalse();
    assertThat(stores.upstreams().delete(openai)).isTrue();
    assertThat(stores.credentials().current(ACME, "openai")).isNull();
  }

  @Test
  void pagesAreInTheOrderOfNames() {
    stores.upstreams().insert(openai);
    stores.upstreams().insert(anthropic);
    assertThat(stores.upstreams().page(ACME, null, null, 1)).containsExactly(anthropic);
    assertThat(stores.upstreams().page(ACME, null, "anthropic", 5)).containsExactly(openai);
    assertThat(stores.upstreams().page(ACME, Provider.OPENAI, null, 5)).containsExactly(openai);
  }
}

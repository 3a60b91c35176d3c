package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.testing.Upstreams;
import java.net.URI;
import java.util.List;
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
}

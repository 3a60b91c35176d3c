package dev.mandate.oauth.consent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.user.UserId;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A client asks for a tier by its scope; a person gives it only where the tier says so.
class TierConsentTest {
  private People people;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
    tier("base", false, Set.of(), "gpt-5-mini");
    tier("top", true, Set.of("admin"), "gpt-5");
    Client app =
        Objects.requireNonNull(
            people.server().stores().clients().find(Acme.TENANT, new ClientId(Acme.APP)));
    Set<String> scopes = new HashSet<>(app.scopes());
    scopes.addAll(Set.of("tier:base", "tier:top", "tier:gone"));
    people.server().stores().clients().save(app.withScopes(scopes));
  }

  @AfterEach
  void stop() {
    people.close();
  }

  private void tier(String name, boolean elevated, Set<String> roles, String model) {
    people
        .server()
        .stores()
        .modelTiers()
        .save(
            null,
            new ModelTier(
                Acme.TENANT,
                name,
                name.equals("top") ? "Largest models" : "Everyday models",
                elevated,
                new TreeSet<>(roles),
                List.of(new ModelTier.Models("openai", model, false))));
  }

  private static Answer asked(TestBrowser browser, String scope) {
    Map<String, String> request = People.request();
    request.put("scope", scope);
    return People.consent(browser, request);
  }

  private Mandate approved(TestBrowser browser, Answer page, String user) {
    Forms.Form form =
        Forms.all(page.body()).stream()
            .filter(one -> one.action().startsWith("/oauth/consent/"))
            .findFirst()
            .orElseThrow(() -> new AssertionError(page.body()));
    assertThat(browser.submit(form.with("decision", "approve")).query().one("code")).isNotNull();
    return people
        .server()
        .stores()
        .mandates()
        .ofUser(Acme.TENANT, new UserId("user_" + user), 100)
        .getFirst();
  }

  @Test
  void whoMayGiveAnElevatedTierSeesItInWordsAndTheMandateCarriesIt() {
    try (TestBrowser ada = people.browserOf("ada")) {
      Answer page = asked(ada, "tier:base tier:top");
      assertThat(page.body())
          .contains("Groups of models")
          .contains("Largest models (elevated, closed to other apps): GPT-5")
          .contains("Everyday models: GPT-5 mini");
      Mandate mandate = approved(ada, page, "ada");
      assertThat(mandate.scopes()).containsExactly("tier:base", "tier:top");
      assertThat(mandate.access()).hasSize(1);
      assertThat(mandate.access().getFirst().models()).containsExactly("gpt-5", "gpt-5-mini");
    }
  }

  @Test
  void aMemberCannotGiveAnElevatedTierNorItsModelsByAskingForTheUpstream() {
    try (TestBrowser mia = people.browserOf("mia")) {
      Answer page = asked(mia, "tier:base tier:top");
      assertThat(page.body()).contains("the models of the tier Largest models");
      Mandate mandate = approved(mia, page, "mia");
      assertThat(mandate.scopes()).containsExactly("tier:base");
      assertThat(mandate.access().getFirst().models()).containsExactly("gpt-5-mini");
    }
    try (TestBrowser ada = people.browserOf("ada")) {
      // Entitled to everything there, and still: the tier's models need the tier's scope.
      Mandate mandate = approved(ada, asked(ada, "llm:openai"), "ada");
      assertThat(mandate.access().getFirst().models())
          .containsExactly("gpt-5-mini", "text-embedding-3-small");
    }
  }

  @Test
  void aTierThatThereIsNotAndOneThatTheClientMayNotHaveAreRefused() {
    try (TestBrowser ada = people.browserOf("ada")) {
      Map<String, String> request = People.request();
      request.put("scope", "tier:gone");
      Answer gone = ada.get(People.authorize(request));
      assertThat(gone.query().one("error")).isEqualTo("invalid_scope");
      request.put("scope", "tier:other");
      assertThat(ada.get(People.authorize(request)).query().one("error"))
          .isEqualTo("invalid_scope");
    }
  }
}

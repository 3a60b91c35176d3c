package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.session.Session;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.testing.Users;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

abstract class UserStoreContract extends StoreContract {
  UserStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void aUserIsFoundByIdAndByNameInAnyCase() {
    User zoe = Users.admin(ACME, "Zoë");
    assertThat(stores.users().insert(zoe)).isTrue();
    assertThat(stores.users().find(ACME, zoe.id())).isEqualTo(zoe);
    assertThat(stores.users().findByUsername(ACME, "ZOË")).isEqualTo(zoe);
    assertThat(stores.users().findByUsername(ACME, "zoe")).isNull();
    assertThat(stores.users().all(ACME)).containsExactly(mia, zoe);
  }

  @Test
  void ofRacingInsertsOfOneNameExactlyOneIsStored() {
    List<String> spellings = List.of("ada", "Ada", "ADA", "aDa");
    List<Boolean> inserted =
        race(
            RACERS,
            i -> {
              User user = Users.member(ACME, spellings.get(i % spellings.size()));
              return stores
                  .users()
                  .insert(
                      new User(
                          ACME,
                          new UserId("user_" + i),
                          user.username(),
                          user.displayName(),
                          user.role(),
                          user.passwordHash(),
                          false,
                          NOW));
            });
    assertThat(inserted).filteredOn(b -> b).hasSize(1);
    assertThat(stores.users().all(ACME)).hasSize(2);
  }

  @Test
  void anIdThatIsTakenIsAnErrorAndNotATakenName() {
    User other =
        new User(ACME, mia.id(), "other", "Other", Role.MEMBER, mia.passwordHash(), false, NOW);
    assertThatThrownBy(() -> stores.users().insert(other)).isInstanceOf(StorageException.class);
  }

  @Test
  void disablingAnnouncesTheUserSignsOutAndIsSeenByListeners() {
    stores.sessions().insert(new Session(ACME, hash("cookie"), mia.id(), NOW, NOW.plusSeconds(60)));
    changes.subscribe(
        _ ->
            assertThat(Objects.requireNonNull(stores.users().find(ACME, mia.id())).disabled())
                .isTrue());
    assertThat(stores.users().setDisabled(ACME, mia.id(), true)).isTrue();
    assertThat(heard).containsExactly(new Change.UserChanged(ACME, mia.id()));
    assertThat(stores.sessions().find(ACME, hash("cookie"), NOW)).isNull();
  }

  @Test
  void enablingDoesNotBringSessionsBack() {
    stores.sessions().insert(new Session(ACME, hash("cookie"), mia.id(), NOW, NOW.plusSeconds(60)));
    stores.users().setDisabled(ACME, mia.id(), true);
    stores.users().setDisabled(ACME, mia.id(), false);
    assertThat(stores.users().find(ACME, mia.id())).isEqualTo(mia);
    assertThat(stores.sessions().find(ACME, hash("cookie"), NOW)).isNull();
  }

  @Test
  void disablingSomeoneUnknownSaysSoAndAnnouncesNothing() {
    assertThat(stores.users().setDisabled(ACME, new UserId("user_nobody"), true)).isFalse();
    assertThat(heard).isEmpty();
  }

  @Test
  void entitlementsAreReplacedAsAWhole() {
    LlmTerms full =
        new LlmTerms(
            "openai",
            Set.of("b", "a"),
            Set.of(Capability.CHAT, Capability.EMBEDDINGS),
            new Limits(1L, 2L, 3L, 4L),
            Duration.ofMillis(1500));
    stores.users().saveEntitlements(ACME, Role.MEMBER, List.of(full));
    assertThat(stores.users().entitlements(ACME, Role.MEMBER)).containsExactly(full);
    stores.users().saveEntitlements(ACME, Role.MEMBER, List.of(LlmTerms.unbounded("anthropic")));
    assertThat(stores.users().entitlements(ACME, Role.MEMBER))
        .containsExactly(LlmTerms.unbounded("anthropic"));
    assertThat(stores.users().entitlements(ACME, Role.ADMIN)).isEmpty();
    assertThat(stores.users().entitlements(GLOBEX, Role.MEMBER)).isEmpty();
    assertThat(heard)
        .containsExactly(new Change.PolicyChanged(ACME), new Change.PolicyChanged(ACME));
  }

  @Test
  void racingChangesOfOneUserAreAllAnnounced() {
    race(RACERS, i -> stores.users().setDisabled(ACME, mia.id(), i % 2 == 0));
    assertThat(heard).hasSize(RACERS);
  }
}

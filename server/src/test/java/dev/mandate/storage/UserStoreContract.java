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
import dev.mandate.domain.user.UserStore.Edited;
import dev.mandate.domain.user.UserStore.Filter;
import dev.mandate.platform.crypto.Secret;
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

  @Test
  void aPageNamesUsersInOrderAndOneWhoComesMeanwhileMovesNone() {
    for (String name : List.of("Émile", "bob", "Ann", "eve")) {
      stores.users().insert(Users.member(ACME, name));
    }
    List<User> first = stores.users().page(ACME, Filter.ALL, null, 2);
    assertThat(first).extracting(User::username).containsExactly("Ann", "bob");
    stores.users().insert(Users.member(ACME, "aaron"));
    assertThat(stores.users().page(ACME, Filter.ALL, "bob", 10))
        .extracting(User::username)
        .containsExactly("eve", "mia", "Émile");
    assertThat(stores.users().page(ACME, Filter.ALL, "Émile", 10)).isEmpty();
  }

  @Test
  void aFilterLetsPassWhatFitsAllOfIt() {
    User ann = Users.admin(ACME, "Ann");
    User anton = Users.member(ACME, "anton");
    stores.users().insert(ann);
    stores.users().insert(anton);
    stores.users().insert(Users.member(GLOBEX, "anna"));
    stores.users().setDisabled(ACME, mia.id(), true);
    assertThat(stores.users().page(ACME, new Filter("member", null, null), null, 10))
        .extracting(User::username)
        .containsExactly("anton", "mia");
    assertThat(stores.users().page(ACME, new Filter(null, true, null), null, 10))
        .extracting(User::username)
        .containsExactly("mia");
    assertThat(stores.users().page(ACME, new Filter(null, false, "AN"), null, 10))
        .containsExactly(ann, anton);
    assertThat(stores.users().page(ACME, new Filter("member", false, "An"), null, 10))
        .containsExactly(anton);
    // What is a pattern elsewhere is a letter here.
    assertThat(stores.users().page(ACME, new Filter(null, null, "%"), null, 10)).isEmpty();
    assertThat(stores.users().page(ACME, new Filter(null, null, "a_"), null, 10)).isEmpty();
  }

  @Test
  void anEditIsStoredAnnouncedAndEndsSessionsOnlyWithThePasswordOrOnDisabling() {
    stores.sessions().insert(new Session(ACME, hash("cookie"), mia.id(), NOW, NOW.plusSeconds(60)));
    User renamed = mia.withDisplayName("Mia M.").withRole(Role.AUDITOR);
    assertThat(stores.users().edit(ACME, mia.id(), _ -> renamed))
        .isEqualTo(new Edited.Done(renamed));
    assertThat(stores.users().find(ACME, mia.id())).isEqualTo(renamed);
    assertThat(stores.sessions().find(ACME, hash("cookie"), NOW)).isNotNull();
    stores.users().edit(ACME, mia.id(), now -> now.withPasswordHash(Secret.of("$other")));
    assertThat(stores.users().find(ACME, mia.id()))
        .isEqualTo(renamed.withPasswordHash(Secret.of("$other")));
    assertThat(stores.sessions().find(ACME, hash("cookie"), NOW)).isNull();
    stores.sessions().insert(new Session(ACME, hash("again"), mia.id(), NOW, NOW.plusSeconds(60)));
    stores.users().edit(ACME, mia.id(), now -> now.withDisabled(true));
    assertThat(stores.sessions().find(ACME, hash("again"), NOW)).isNull();
    assertThat(heard).hasSize(3).containsOnly(new Change.UserChanged(ACME, mia.id()));
  }

  @Test
  void anEditThatDeclinesOrKnowsNobodyChangesAndAnnouncesNothing() {
    assertThat(stores.users().edit(ACME, mia.id(), _ -> null)).isEqualTo(new Edited.Declined());
    assertThat(stores.users().edit(ACME, new UserId("user_nobody"), now -> now))
        .isEqualTo(new Edited.Unknown());
    assertThat(stores.users().find(ACME, mia.id())).isEqualTo(mia);
    assertThat(heard).isEmpty();
  }

  @Test
  void theLastOwnerWhoIsNotDisabledStaysOneWhateverAnotherTenantHas() {
    User olga = Users.user(ACME, "olga", Role.OWNER, Users.NO_PASSWORD);
    User omar = Users.user(ACME, "omar", Role.OWNER, Users.NO_PASSWORD);
    stores.users().insert(olga);
    stores.users().insert(omar);
    stores.users().insert(Users.user(GLOBEX, "olga", Role.OWNER, Users.NO_PASSWORD));
    stores.users().setDisabled(ACME, omar.id(), true);
    assertThat(stores.users().edit(ACME, olga.id(), now -> now.withDisabled(true)))
        .isEqualTo(new Edited.LastOwner());
    assertThat(stores.users().edit(ACME, olga.id(), now -> now.withRole(Role.ADMIN)))
        .isEqualTo(new Edited.LastOwner());
    assertThat(stores.users().find(ACME, olga.id())).isEqualTo(olga);
    assertThat(stores.users().edit(ACME, olga.id(), now -> now.withDisplayName("O")))
        .isInstanceOf(Edited.Done.class);
    stores.users().edit(ACME, omar.id(), now -> now.withDisabled(false));
    assertThat(stores.users().edit(ACME, olga.id(), now -> now.withRole(Role.ADMIN)))
        .isInstanceOf(Edited.Done.class);
  }

  @Test
  void ofRacingEditsFromWhatWasReadOneIsDone() {
    List<Edited> ends =
        race(
            RACERS,
            i ->
                stores
                    .users()
                    .edit(
                        ACME,
                        mia.id(),
                        now -> now.equals(mia) ? now.withDisplayName("M" + i) : null));
    assertThat(ends).filteredOn(end -> end instanceof Edited.Done).hasSize(1);
    assertThat(heard).hasSize(1);
  }
}

package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore.Expected;
import dev.mandate.domain.user.RoleStore.Outcome;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore.Edited;
import dev.mandate.testing.Users;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

abstract class RoleStoreContract extends StoreContract {
  private static final Expected ANY = (_, _) -> true;
  private static final List<LlmTerms> OPENAI = List.of(LlmTerms.unbounded("openai"));

  RoleStoreContract(Opening opening) {
    super(opening);
  }

  static Role role(String name, String... scopes) {
    return new Role(name, new TreeSet<>(Set.of(scopes)));
  }

  @Test
  void anOwnRoleIsFoundWithWhatItGivesAndTheBuiltInOnesAreThereAlways() {
    Role support = role("support", "users:read", "mandates:read");
    assertThat(stores.roles().save(ACME, support, OPENAI, ANY)).isEqualTo(Outcome.DONE);
    assertThat(stores.roles().find(ACME, "support")).isEqualTo(support);
    assertThat(stores.roles().find(ACME, "owner")).isEqualTo(Role.OWNER);
    assertThat(stores.roles().find(ACME, "nobody")).isNull();
    assertThat(stores.roles().all(ACME))
        .containsExactly(Role.OWNER, Role.ADMIN, Role.APPROVER, Role.AUDITOR, Role.MEMBER, support);
    assertThat(stores.users().entitlements(ACME, support)).isEqualTo(OPENAI);
    assertThat(stores.roles().find(GLOBEX, "support")).isNull();
    assertThat(heard).containsExactly(new Change.PolicyChanged(ACME));
  }

  @Test
  void aUserHasWhatTheRoleMayDoNowAndNothingOfARoleThatIsNotThere() {
    stores.roles().save(ACME, role("support", "users:read"), List.of(), ANY);
    User zoe = Users.user(ACME, "zoe", role("support"), Users.NO_PASSWORD);
    assertThat(stores.users().insert(zoe)).isTrue();
    assertThat(roleOf(zoe)).isEqualTo(role("support", "users:read"));
    stores.roles().save(ACME, role("support", "audit:read"), List.of(), ANY);
    assertThat(roleOf(zoe)).isEqualTo(role("support", "audit:read"));
    assertThat(stores.users().all(ACME))
        .extracting(User::role)
        .contains(role("support", "audit:read"));
  }

  private Role roleOf(User user) {
    return Objects.requireNonNull(stores.users().find(ACME, user.id())).role();
  }

  @Test
  void nobodyGetsARoleThatTheTenantDoesNotHave() {
    stores.roles().save(GLOBEX, role("support"), List.of(), ANY);
    User zoe = Users.user(ACME, "zoe", role("support"), Users.NO_PASSWORD);
    assertThatThrownBy(() -> stores.users().insert(zoe))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("no role support");
    assertThatThrownBy(
            () -> stores.users().edit(ACME, mia.id(), now -> now.withRole(role("support"))))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("no role support");
    assertThat(roleOf(mia)).isEqualTo(Role.MEMBER);
  }

  @Test
  void aChangeFromSomethingElseThanExpectedIsRefused() {
    Role support = role("support", "users:read");
    stores.roles().save(ACME, support, OPENAI, ANY);
    assertThat(stores.roles().save(ACME, role("support"), List.of(), (role, _) -> role == null))
        .isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.roles().remove(ACME, "support", (_, terms) -> terms.isEmpty()))
        .isEqualTo(Outcome.UNEXPECTED);
    assertThat(stores.roles().find(ACME, "support")).isEqualTo(support);
    assertThat(heard).hasSize(1);
  }

  @Test
  void ofRacingFirstSavesThatExpectNoneOneWins() {
    List<Outcome> outcomes =
        race(
            RACERS,
            _ -> stores.roles().save(ACME, role("support"), OPENAI, (role, _) -> role == null));
    assertThat(outcomes).filteredOn(o -> o == Outcome.DONE).hasSize(1);
    assertThat(outcomes).filteredOn(o -> o == Outcome.UNEXPECTED).hasSize(RACERS - 1);
  }

  @Test
  void aBuiltInRoleKeepsItsScopesAndCanNotBeRemoved() {
    assertThat(stores.roles().save(ACME, role("member", "users:write"), OPENAI, ANY))
        .isEqualTo(Outcome.DONE);
    assertThat(stores.roles().find(ACME, "member")).isEqualTo(Role.MEMBER);
    assertThat(roleOf(mia)).isEqualTo(Role.MEMBER);
    assertThat(stores.users().entitlements(ACME, Role.MEMBER)).isEqualTo(OPENAI);
    assertThatThrownBy(() -> stores.roles().remove(ACME, "member", ANY))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRoleThatSomebodyHasStaysAndOneThatIsRemovedTakesItsEntitlementsAlong() {
    stores.roles().save(ACME, role("support"), OPENAI, ANY);
    User zoe = Users.user(ACME, "zoe", role("support"), Users.NO_PASSWORD);
    stores.users().insert(zoe);
    assertThat(stores.roles().remove(ACME, "support", ANY)).isEqualTo(Outcome.IN_USE);
    stores.users().edit(ACME, zoe.id(), now -> now.withRole(Role.MEMBER));
    assertThat(stores.roles().remove(ACME, "support", ANY)).isEqualTo(Outcome.DONE);
    stores.roles().save(ACME, role("other"), List.of(), ANY);
    assertThat(stores.users().entitlements(ACME, role("support"))).isEmpty();
  }

  @Test
  void aRoleIsNeverRemovedUnderAUserWhoGetsItAtTheSameTime() {
    for (int round = 0; round < 20; round++) {
      String name = "role" + round;
      User user = Users.user(ACME, "user" + round, role(name), Users.NO_PASSWORD);
      stores.roles().save(ACME, role(name), List.of(), ANY);
      List<Boolean> done =
          race(
              2,
              i -> {
                if (i == 0) {
                  return stores.roles().remove(ACME, name, ANY) == Outcome.DONE;
                }
                try {
                  return stores.users().insert(user);
                } catch (StorageException e) {
                  return false;
                }
              });
      assertThat(done).filteredOn(d -> d).hasSize(1);
    }
  }

  @Test
  void atTheBoundNoRoleIsAddedButOneIsStillChanged() {
    for (int i = 0; i < dev.mandate.domain.user.RoleStore.OWN_MAX; i++) {
      assertThat(stores.roles().save(ACME, role("role" + i), List.of(), ANY))
          .isEqualTo(Outcome.DONE);
    }
    assertThat(stores.roles().save(ACME, role("more"), List.of(), ANY)).isEqualTo(Outcome.FULL);
    assertThat(stores.roles().save(ACME, role("role1", "audit:read"), List.of(), ANY))
        .isEqualTo(Outcome.DONE);
    assertThat(stores.roles().save(GLOBEX, role("more"), List.of(), ANY)).isEqualTo(Outcome.DONE);
  }

  @Test
  void ofTwoOwnersWhoDemoteEachOtherOneStays() {
    for (int round = 0; round < 20; round++) {
      User one = Users.user(ACME, "one" + round, Role.OWNER, Users.NO_PASSWORD);
      User two = Users.user(ACME, "two" + round, Role.OWNER, Users.NO_PASSWORD);
      stores.users().insert(one);
      stores.users().insert(two);
      List<Edited> ends =
          race(
              2,
              i ->
                  stores
                      .users()
                      .edit(
                          ACME,
                          i == 0 ? one.id() : two.id(),
                          now -> i == 0 ? now.withRole(Role.MEMBER) : now.withDisabled(true)));
      assertThat(ends).filteredOn(end -> end instanceof Edited.LastOwner).hasSize(1);
      stores.users().setRole(ACME, one.id(), Role.MEMBER);
      stores.users().setRole(ACME, two.id(), Role.MEMBER);
    }
  }
}

package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.ObjectOwner;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.providerstate.StoredObjectId;
import dev.mandate.domain.providerstate.StoredObjectStore.Filter;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class StoredObjectStoreContract extends StoreContract {
  static final ObjectOwner MIA = new ObjectOwner(new UserId("mia"), new ClientId("app"));
  private static final Filter ALL = new Filter(null, null, null, null);

  StoredObjectStoreContract(Opening opening) {
    super(opening);
  }

  static StoredObject file(TenantId tenant, ObjectOwner owner, String id) {
    return file(tenant, owner, id, NOW, null);
  }

  static StoredObject file(
      TenantId tenant, ObjectOwner owner, String id, Instant at, @Nullable Instant end) {
    return new StoredObject(
        tenant,
        "openai",
        ObjectKind.FILE,
        id,
        owner,
        new MandateId("mandate_1"),
        null,
        "cred_1",
        at,
        end,
        null);
  }

  private @Nullable StoredObject find(TenantId tenant, ObjectOwner owner, StoredObject one) {
    return stores.storedObjects().find(tenant, owner, one.id(), NOW);
  }

  @Test
  void ofRacingOwnersOneGetsTheId() {
    List<Boolean> won =
        race(
            RACERS,
            i ->
                stores
                    .storedObjects()
                    .claim(file(ACME, new ObjectOwner(new UserId("u" + i), app.id()), "file-1")));
    assertThat(won).filteredOn(yes -> yes).hasSize(1);
    int winner = won.indexOf(true);
    for (int i = 0; i < RACERS; i++) {
      ObjectOwner owner = new ObjectOwner(new UserId("u" + i), app.id());
      assertThat(find(ACME, owner, file(ACME, owner, "file-1")) != null).isEqualTo(i == winner);
    }
  }

  @Test
  void whatIsReadIsWhatWasClaimed() {
    StoredObject bound =
        new StoredObject(
            ACME,
            "openai",
            ObjectKind.VECTOR_STORE,
            "vs_1",
            new ObjectOwner(null, app.id()),
            new MandateId("mandate_9"),
            new UserId("mia"),
            "cred_2",
            NOW,
            NOW.plusSeconds(1),
            null);
    assertThat(stores.storedObjects().claim(bound)).isTrue();
    assertThat(stores.storedObjects().claim(bound)).isTrue();
    assertThat(find(ACME, bound.owner(), bound)).isEqualTo(bound);
    assertThat(stores.storedObjects().find(ACME, bound.id())).isEqualTo(bound);
  }

  @Test
  void onlyTheOwnerOfTheTenantAtTheUpstreamFindsIt() {
    StoredObject mine = file(ACME, MIA, "file-1");
    stores.storedObjects().claim(mine);
    assertThat(find(ACME, MIA, mine)).isEqualTo(mine);
    assertThat(find(GLOBEX, MIA, mine)).isNull();
    assertThat(find(ACME, new ObjectOwner(new UserId("zoe"), app.id()), mine)).isNull();
    assertThat(find(ACME, new ObjectOwner(MIA.user(), new ClientId("other")), mine)).isNull();
    assertThat(find(ACME, new ObjectOwner(null, app.id()), mine)).isNull();
    for (StoredObjectId other :
        List.of(
            StoredObjectId.of("openai-eu", ObjectKind.FILE, "file-1"),
            StoredObjectId.of("openai", ObjectKind.RESPONSE, "file-1"),
            StoredObjectId.of("openai", ObjectKind.FILE, "FILE-1"))) {
      assertThat(stores.storedObjects().find(ACME, MIA, other, NOW)).isNull();
    }
  }

  @Test
  void theSameIdInAnotherTenantIsAnother() {
    assertThat(stores.storedObjects().claim(file(ACME, MIA, "file-1"))).isTrue();
    assertThat(stores.storedObjects().claim(file(GLOBEX, MIA, "file-1"))).isTrue();
    StoredObjectId id = file(ACME, MIA, "file-1").id();
    assertThat(stores.storedObjects().delete(GLOBEX, id, NOW)).isTrue();
    assertThat(stores.storedObjects().find(ACME, MIA, id, NOW)).isNotNull();
  }

  @Test
  void itIsGoneFromItsExpiryOn() {
    StoredObject mine = file(ACME, MIA, "file-1", NOW, NOW.plusSeconds(5));
    stores.storedObjects().claim(mine);
    assertThat(stores.storedObjects().find(ACME, MIA, mine.id(), NOW.plusMillis(4_999)))
        .isNotNull();
    assertThat(stores.storedObjects().find(ACME, MIA, mine.id(), NOW.plusSeconds(5))).isNull();
    assertThat(
            stores
                .storedObjects()
                .owned(ACME, MIA, "openai", ObjectKind.FILE, null, 9, NOW.plusSeconds(5)))
        .isEmpty();
  }

  @Test
  void whatIsDeletedStaysDeletedEvenIfClaimedAgain() {
    StoredObject mine = file(ACME, MIA, "file-1");
    stores.storedObjects().claim(mine);
    List<Boolean> deleted = race(RACERS, _ -> stores.storedObjects().delete(ACME, mine.id(), NOW));
    assertThat(deleted).filteredOn(yes -> yes).hasSize(1);
    assertThat(find(ACME, MIA, mine)).isNull();
    assertThat(stores.storedObjects().claim(mine)).isFalse();
    assertThat(find(ACME, MIA, mine)).isNull();
  }

  @Test
  void aClaimThatRacesWithADeletionNeverBringsItBack() {
    for (int round = 0; round < 5; round++) {
      StoredObject mine = file(ACME, MIA, "file-" + round);
      stores.storedObjects().claim(mine);
      race(
          2,
          i ->
              i == 0
                  ? stores.storedObjects().claim(mine)
                  : stores.storedObjects().delete(ACME, mine.id(), NOW));
      assertThat(find(ACME, MIA, mine)).isNull();
    }
  }

  @Test
  void aWithdrawalIsHeardAndAnOwnersDeletionIsNot() {
    StoredObject mine = file(ACME, MIA, "file-1");
    StoredObject other = file(ACME, MIA, "file-2");
    stores.storedObjects().claim(mine);
    stores.storedObjects().claim(other);
    heard.clear();
    assertThat(stores.storedObjects().delete(ACME, mine.id(), NOW)).isTrue();
    assertThat(heard).isEmpty();
    assertThat(stores.storedObjects().withdraw(ACME, other.id(), NOW)).isTrue();
    assertThat(stores.storedObjects().withdraw(ACME, other.id(), NOW)).isFalse();
    assertThat(heard).containsExactly(new Change.PolicyChanged(ACME));
  }

  @Test
  void theOwnersArePagedNewestFirst() {
    for (int i = 0; i < 5; i++) {
      // Two of the same moment.
      stores.storedObjects().claim(file(ACME, MIA, "file-" + i, NOW.plusSeconds(i / 2), null));
    }
    stores.storedObjects().claim(file(ACME, new ObjectOwner(null, app.id()), "file-9"));
    List<StoredObject> all = owned(null, 9);
    assertThat(all).hasSize(5);
    assertThat(all)
        .extracting(StoredObject::createdAt)
        .isSortedAccordingTo((a, b) -> b.compareTo(a));
    assertThat(owned(null, 2)).isEqualTo(all.subList(0, 2));
    assertThat(owned(all.get(1), 2)).isEqualTo(all.subList(2, 4));
    assertThat(owned(all.get(3), 2)).isEqualTo(all.subList(4, 5));
  }

  private List<StoredObject> owned(@Nullable StoredObject after, int limit) {
    return stores.storedObjects().owned(ACME, MIA, "openai", ObjectKind.FILE, after, limit, NOW);
  }

  @Test
  void aTenantsArePagedAndFiltered() {
    StoredObject mine = file(ACME, MIA, "file-1");
    StoredObject service = file(ACME, new ObjectOwner(null, new ClientId("svc")), "file-2");
    StoredObject gone = file(ACME, MIA, "file-3");
    List.of(mine, service, gone).forEach(stores.storedObjects()::claim);
    stores.storedObjects().claim(file(GLOBEX, MIA, "file-4"));
    stores.storedObjects().delete(ACME, gone.id(), NOW);
    List<StoredObject> all = stores.storedObjects().page(ACME, ALL, null, 9);
    assertThat(all).containsExactlyInAnyOrder(mine, service);
    assertThat(stores.storedObjects().page(ACME, ALL, all.getFirst().id(), 9))
        .containsExactly(all.getLast());
    assertThat(stores.storedObjects().page(ACME, new Filter(MIA.user(), null, null, null), null, 9))
        .containsExactly(mine);
    assertThat(
            stores
                .storedObjects()
                .page(
                    ACME,
                    new Filter(null, new ClientId("svc"), "openai", ObjectKind.FILE),
                    null,
                    9))
        .containsExactly(service);
    assertThat(
            stores
                .storedObjects()
                .page(ACME, new Filter(null, null, null, ObjectKind.CONVERSATION), null, 9))
        .isEmpty();
  }

  @Test
  void rowsAreSweptLongAfterDeletionAndExpiryAndOthersStay() {
    Duration kept = Housekeeping.STORED_OBJECTS_KEPT;
    StoredObject lasting = file(ACME, MIA, "file-1");
    StoredObject deleted = file(ACME, MIA, "file-2");
    StoredObject expiring = file(ACME, MIA, "file-3", NOW, NOW);
    List.of(lasting, deleted, expiring).forEach(stores.storedObjects()::claim);
    stores.storedObjects().delete(ACME, deleted.id(), NOW);
    stores.housekeeping().sweep(NOW.plus(kept));
    assertThat(stores.storedObjects().find(ACME, deleted.id())).isNotNull();
    assertThat(stores.storedObjects().find(ACME, expiring.id())).isNotNull();
    stores.housekeeping().sweep(NOW.plus(kept).plusMillis(1));
    assertThat(stores.storedObjects().find(ACME, deleted.id())).isNull();
    assertThat(stores.storedObjects().find(ACME, expiring.id())).isNull();
    assertThat(stores.storedObjects().find(ACME, lasting.id())).isNotNull();
  }
}

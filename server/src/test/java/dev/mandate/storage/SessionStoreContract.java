package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.session.Session;
import org.junit.jupiter.api.Test;

abstract class SessionStoreContract extends StoreContract {
  SessionStoreContract(Opening opening) {
    super(opening);
  }

  private Session session(String cookie) {
    Session session = new Session(ACME, hash(cookie), mia.id(), NOW, NOW.plusSeconds(60));
    stores.sessions().insert(session);
    return session;
  }

  @Test
  void aSessionIsFoundUntilItExpires() {
    Session session = session("cookie");
    assertThat(stores.sessions().find(ACME, session.hash(), NOW.plusSeconds(59)))
        .isEqualTo(session);
    assertThat(stores.sessions().find(ACME, session.hash(), NOW.plusSeconds(60))).isNull();
  }

  @Test
  void signingOutEndsOneOrAll() {
    session("a");
    session("b");
    session("c");
    stores.sessions().delete(ACME, hash("a"));
    assertThat(stores.sessions().find(ACME, hash("a"), NOW)).isNull();
    assertThat(stores.sessions().find(ACME, hash("b"), NOW)).isNotNull();
    stores.sessions().deleteOfUser(ACME, mia.id());
    assertThat(stores.sessions().find(ACME, hash("b"), NOW)).isNull();
    assertThat(stores.sessions().find(ACME, hash("c"), NOW)).isNull();
  }

  @Test
  void racingSignOutsAreFine() {
    session("a");
    race(
        RACERS,
        i -> {
          stores.sessions().delete(ACME, hash("a"));
          stores.sessions().deleteOfUser(ACME, mia.id());
          return i;
        });
    assertThat(stores.sessions().find(ACME, hash("a"), NOW)).isNull();
  }
}

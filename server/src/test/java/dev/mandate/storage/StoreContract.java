package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Mandates;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.Users;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// What the contracts of all stores begin with: two tenants, each with a client `app` and a user
/// `mia`, and no mandate. A subclass of a contract says which database it runs on.
abstract class StoreContract {
  static final int RACERS = 8;
  static final Instant NOW = TestClock.START;

  /// How a database is opened in an empty folder.
  interface Opening {
    Stores open(Path folder, ChangeFeed changes, InstantSource clock);
  }

  private final Opening opening;
  final TestClock clock = new TestClock();
  final ChangeFeed changes = new ChangeFeed();
  final List<Change> heard = new CopyOnWriteArrayList<>();
  final Client app = Clients.app(ACME);
  final User mia = Users.member(ACME, "mia");
  Stores stores;

  @TempDir private Path folder;

  StoreContract(Opening opening) {
    this.opening = opening;
  }

  @BeforeEach
  final void openStores() {
    stores = opening.open(folder, changes, clock);
    for (TenantId tenant : List.of(ACME, GLOBEX)) {
      stores.tenants().save(Tenants.tenant(tenant));
      stores.clients().save(Clients.app(tenant));
      stores.users().insert(Users.member(tenant, "mia"));
    }
    changes.subscribe(heard::add);
  }

  @AfterEach
  final void closeStores() {
    stores.close();
  }

  /// A stored mandate of mia's for the app.
  final Mandate given(String id) {
    Mandate mandate = Mandates.mandate(id, app, mia, Mandates.chat(Limits.NONE));
    stores.mandates().insert(mandate);
    return mandate;
  }

  /// Statements that change or remove rows of an append-only table, in this database's words.
  ///
  /// @param change for a SET
  /// @param key its columns
  final List<String> attacks(String table, String change, String key) {
    List<String> attacks = new ArrayList<>();
    attacks.add("UPDATE " + table + " SET " + change);
    attacks.add("DELETE FROM " + table);
    String again = " INTO " + table + " SELECT * FROM " + table + " WHERE true";
    attacks.add("INSERT" + again + " ON CONFLICT (" + key + ") DO UPDATE SET " + change);
    attacks.add(
        switch (stores.database()) {
          case SqliteDatabase _ -> "INSERT OR REPLACE" + again;
          case PostgresDatabase _ -> "TRUNCATE " + table;
        });
    return attacks;
  }

  static TokenHash hash(String token) {
    return TokenHash.of(Secret.of(token));
  }

  /// Runs all attempts at the same time on virtual threads, as callers do.
  static <T> List<T> race(int racers, IntFunction<T> attempt) {
    CyclicBarrier start = new CyclicBarrier(racers);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> running = new ArrayList<>();
      for (int i = 0; i < racers; i++) {
        int racer = i;
        running.add(
            threads.submit(
                () -> {
                  start.await();
                  return attempt.apply(racer);
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> one : running) {
        results.add(one.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }
}

package dev.mandate.storage;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Writes that others must hear of: each change becomes a row of the sequence that other nodes read
/// on from, in the transaction that makes it true, and is published here after the commit and
/// before the caller goes on.
final class Announcements {
  private static final String RECORD =
      """
      INSERT INTO revocations (tenant_id, kind, subject, expires_at, at)
      VALUES (:tenant, :kind, :subject, :expires_at, :at)
      """;

  private final Database database;
  private final ChangeFeed feed;
  private final InstantSource clock;

  Announcements(Database database, ChangeFeed feed, InstantSource clock) {
    this.database = database;
    this.feed = feed;
    this.clock = clock;
  }

  /// A write with a way to announce.
  @FunctionalInterface
  interface Announcing<T> {
    T with(Handle handle, Consumer<Change> announce);
  }

  <T> T write(Announcing<T> work) {
    List<Change> changes = new ArrayList<>();
    try {
      T result =
          database.write(
              handle -> {
                changes.clear();
                T done = work.with(handle, changes::add);
                if (!changes.isEmpty()) {
                  // Last, for it may wait for those of other nodes: whoever waits there must hold
                  // nothing that they still need.
                  database.takeTurn(handle);
                  changes.forEach(change -> record(handle, change));
                }
                return done;
              });
      changes.forEach(feed::publish);
      return result;
    } catch (StorageException e) {
      if (e.isOutcomeUnknown()) {
        // It may be true, and trying again would find nothing to change and announce nothing.
        changes.forEach(feed::publish);
      }
      throw e;
    }
  }

  private void record(Handle handle, Change change) {
    switch (change) {
      case Change.MandateRevoked(var _, var mandate) ->
          record(handle, change, "mandate", mandate.value(), null);
      case Change.TokenRevoked(var _, var jti, var expiresAt) ->
          record(handle, change, "token", jti, Columns.millis(expiresAt));
      case Change.ApiKeyRevoked(var _, var apiKey) ->
          record(handle, change, "api_key", apiKey.value(), null);
      case Change.UserChanged(var _, var user) ->
          record(handle, change, "user", user.value(), null);
      case Change.ClientChanged(var _, var client) ->
          record(handle, change, "client", client.value(), null);
      case Change.PolicyChanged(var _) -> record(handle, change, "policy", "", null);
    }
  }

  private void record(
      Handle handle, Change change, String kind, String subject, @Nullable Long expiresAt) {
    handle
        .createUpdate(RECORD)
        .bind("tenant", change.tenant().value())
        .bind("kind", kind)
        .bind("subject", subject)
        .bind("expires_at", expiresAt)
        .bind("at", clock.millis())
        .execute();
  }
}

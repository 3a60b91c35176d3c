package dev.mandate.storage;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.node.Node;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.sql.ResultSet;
import java.sql.SQLException;
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
      INSERT INTO revocations (tenant_id, kind, subject, expires_at, at, boot)
      VALUES (:tenant, :kind, :subject, :expires_at, :at, :boot)
      """;

  private final Database database;
  private final ChangeFeed feed;
  private final Node self;
  private final InstantSource clock;

  Announcements(Database database, ChangeFeed feed, Node self, InstantSource clock) {
    this.database = database;
    this.feed = feed;
    this.self = self;
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
      case Change.CredentialRevoked(var _, var credential) ->
          record(handle, change, "credential", credential, null);
      case Change.ApiKeyRevoked(var _, var apiKey) ->
          record(handle, change, "api_key", apiKey.value(), null);
      case Change.ApiKeyChanged(var _, var apiKey) ->
          record(handle, change, "api_key_changed", apiKey.value(), null);
      case Change.UserChanged(var _, var user) ->
          record(handle, change, "user", user.value(), null);
      case Change.ClientChanged(var _, var client) ->
          record(handle, change, "client", client.value(), null);
      case Change.CallerRestrained(var _, var caller, var held, var until) ->
          record(
              handle,
              change,
              held ? "restrained" : "released",
              caller,
              until == null ? null : until.toEpochMilli());
      case Change.TenantChanged(var _) -> record(handle, change, "tenant", "", null);
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
        .bind("boot", self.boot())
        .execute();
  }

  /// What a row of the sequence says. A kind that a later release has added may take away anything:
  /// nothing that is cached may outlive it.
  static Change change(ResultSet row) throws SQLException {
    TenantId tenant = new TenantId(Columns.text(row, "tenant_id"));
    String subject = Columns.text(row, "subject");
    return switch (Columns.text(row, "kind")) {
      case "mandate" -> new Change.MandateRevoked(tenant, new MandateId(subject));
      case "token" -> new Change.TokenRevoked(tenant, subject, Columns.instant(row, "expires_at"));
      case "api_key" -> new Change.ApiKeyRevoked(tenant, new ApiKeyId(subject));
      case "credential" -> new Change.CredentialRevoked(tenant, subject);
      case "api_key_changed" -> new Change.ApiKeyChanged(tenant, new ApiKeyId(subject));
      case "user" -> new Change.UserChanged(tenant, new UserId(subject));
      case "client" -> new Change.ClientChanged(tenant, new ClientId(subject));
      case "restrained" ->
          new Change.CallerRestrained(
              tenant, subject, true, Columns.instantOrNull(row, "expires_at"));
      case "released" -> new Change.CallerRestrained(tenant, subject, false, null);
      case "tenant" -> new Change.TenantChanged(tenant);
      default -> new Change.PolicyChanged(tenant);
    };
  }
}

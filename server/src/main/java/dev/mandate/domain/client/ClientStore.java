package dev.mandate.domain.client;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps clients.
public interface ClientStore {
  @Nullable Client find(TenantId tenant, ClientId id);

  List<Client> all(TenantId tenant);

  /// Which clients are meant; null where it doesn't matter.
  record Filter(@Nullable Boolean isPublic, @Nullable Boolean disabled) {}

  /// The tenant's in the order of their ids, behind `after` when that is given.
  List<Client> page(TenantId tenant, Filter filter, @Nullable ClientId after, int limit);

  /// Of racing callers one wins. An id that a deleted client had is taken. Announces
  /// `ClientChanged`.
  ///
  /// @return false when the id is taken
  boolean insert(Client client);

  /// Changes the client if it still equals `expected`. Announces `ClientChanged`.
  ///
  /// @return false when it is something else by now, or gone
  boolean replace(Client expected, Client replacement);

  /// Deletes the client if it still equals `expected`, and revokes every mandate that it holds with
  /// all that hangs on them, in one transaction. Announces `ClientChanged` and each revocation.
  ///
  /// @return false when it is something else by now, or gone
  boolean delete(Client expected, Instant now);

  /// Inserts the client, or changes the one with its id. Announces `ClientChanged`.
  void save(Client client);
}

package dev.mandate.domain.providerstate;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whose the objects at providers are. An object without a row is nobody's.
public interface StoredObjectStore {
  /// Makes its owner the owner; of racing claims to one id, one wins. Again by the owner changes
  /// nothing. What was deleted can't be claimed again.
  ///
  /// @return whether it is the owner's now
  boolean claim(StoredObject object);

  /// The object, if it is this owner's and there; one of others looks like none.
  @Nullable StoredObject find(TenantId tenant, ObjectOwner owner, StoredObjectId id, Instant now);

  /// The owner's, newest first.
  ///
  /// @param after the last one of the page before; null for the first page
  List<StoredObject> owned(
      TenantId tenant,
      ObjectOwner owner,
      String upstream,
      ObjectKind kind,
      @Nullable StoredObject after,
      int limit,
      Instant now);

  /// Which of a tenant's; null members bound nothing.
  record Filter(
      @Nullable UserId user,
      @Nullable ClientId client,
      @Nullable String upstream,
      @Nullable ObjectKind kind) {}

  /// Those that were not deleted, by id.
  List<StoredObject> page(
      TenantId tenant, Filter filter, @Nullable StoredObjectId after, int limit);

  /// Of anyone's, deleted or not.
  @Nullable StoredObject find(TenantId tenant, StoredObjectId id);

  /// Whoever has it can use it no longer. What others remember of it, they drop by themselves.
  ///
  /// @return whether it was there
  boolean delete(TenantId tenant, StoredObjectId id, Instant at);

  /// The same, and every node hears of it: for whoever takes it away from its owner.
  boolean withdraw(TenantId tenant, StoredObjectId id, Instant at);
}

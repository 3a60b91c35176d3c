package dev.mandate.domain.client;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps clients.
public interface ClientStore {
  @Nullable Client find(TenantId tenant, ClientId id);

  List<Client> all(TenantId tenant);

  /// Inserts the client, or changes the one with its id. Announces `ClientChanged`.
  void save(Client client);
}

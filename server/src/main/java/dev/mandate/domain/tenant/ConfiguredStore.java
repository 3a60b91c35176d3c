package dev.mandate.domain.tenant;

import java.util.Set;

/// Keeps what the configuration file named at the last start, so that the next start takes rights
/// only from what the file gave them, and not from what came in through the admin API.
public interface ConfiguredStore {
  /// What a file names, and how: users by folded user name, clients by id, admin keys by hash,
  /// roles by name.
  enum Kind {
    USER,
    CLIENT,
    ADMIN_KEY,
    ROLE
  }

  Set<String> of(TenantId tenant, Kind kind);

  void replace(TenantId tenant, Kind kind, Set<String> subjects);
}

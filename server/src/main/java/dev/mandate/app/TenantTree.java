package dev.mandate.app;

import io.smallrye.config.WithName;
import java.util.Map;

/// What a tenant has. At the top of the file it is the default tenant's.
public interface TenantTree {
  ServerConfig.TenantSettings tenant();

  /// API keys of the admin API, by name.
  @WithName("admin-keys")
  Map<String, ServerConfig.AdminKey> adminKeys();

  /// LLM providers, by the name that is also the first segment of their gateway path.
  Map<String, ServerConfig.UpstreamSettings> upstreams();

  /// People, by user name.
  Map<String, ServerConfig.UserSettings> users();

  /// OAuth clients, by client_id.
  Map<String, ServerConfig.ClientSettings> clients();

  /// What each role may give away, by role, then by upstream.
  Map<String, Map<String, ServerConfig.TermsSettings>> entitlements();
}

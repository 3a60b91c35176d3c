package dev.mandate.domain.ratelimit;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;

/// Who can have a rate limit of their own: so that a slip of the pen is told and limits nobody
/// else.
public record RateSubjects(
    UserStore users, ClientStore clients, MandateStore mandates, ApiKeyStore apiKeys) {
  /// Whether the tenant has one with this id.
  public boolean exists(TenantId tenant, RateHolder holder, String id) {
    return switch (holder) {
      case TENANT -> false;
      case USER -> users.find(tenant, new UserId(id)) != null;
      case CLIENT -> clients.find(tenant, new ClientId(id)) != null;
      case MANDATE -> mandates.find(tenant, new MandateId(id)) != null;
      case API_KEY -> apiKeys.find(tenant, new ApiKeyId(id)) != null;
    };
  }
}

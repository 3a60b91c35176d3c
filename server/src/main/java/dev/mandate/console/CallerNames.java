package dev.mandate.console;

import dev.mandate.console.MonitoringViews.CallerView;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore;

/// What people call a watched key or client. One that is gone is called by its id.
public record CallerNames(ApiKeyStore keys, ClientStore clients, UserStore users) {
  CallerView of(CallerId caller) {
    return switch (caller.kind()) {
      case API_KEY -> {
        ApiKey key = keys.find(caller.tenant(), new ApiKeyId(caller.id()));
        yield new CallerView(
            "API key" + (key == null ? "" : owner(key)),
            key == null ? caller.id() : key.name(),
            caller.text());
      }
      case CLIENT -> {
        Client client = clients.find(caller.tenant(), new ClientId(caller.id()));
        yield new CallerView("Client", client == null ? caller.id() : client.name(), caller.text());
      }
      case NETWORK -> new CallerView("Strangers", caller.id(), caller.text());
    };
  }

  private String owner(ApiKey key) {
    User user = key.owner() == null ? null : users.find(key.tenant(), key.owner());
    return user == null ? "" : " of " + user.displayName();
  }
}

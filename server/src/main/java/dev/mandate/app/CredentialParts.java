package dev.mandate.app;

import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.credential.CredentialTests;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.credential.Rejections;
import dev.mandate.domain.credential.Rotations;
import dev.mandate.domain.credential.Upkeep;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.gateway.Gateway;
import dev.mandate.gateway.line.Lookout;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/// What looks after credentials for upstreams.
record CredentialParts(
    Rejections rejections, CredentialTests tests, Rotations rotations, ProviderDesk desk) {
  static CredentialParts of(
      Stores stores,
      Vault vault,
      ProviderDesk desk,
      Notices notices,
      TokenSource ids,
      InstantSource clock) {
    AuditStore audit = stores.audit();
    Rejections rejections = new Rejections(stores.credentialLives(), desk, audit, notices, clock);
    return new CredentialParts(
        rejections,
        new CredentialTests(desk, rejections, vault, clock),
        new Rotations(
            stores.rotations(),
            stores.credentials(),
            stores.credentialPolicies(),
            stores.upstreams(),
            vault,
            desk,
            audit,
            notices,
            ids,
            clock),
        desk);
  }

  static Lookout lookout(Parts parts, Gateway gateway, Executor background) {
    Stores stores = parts.stores();
    return new Lookout(
        gateway.lines(),
        stores.upstreams(),
        stores.credentials(),
        parts.vault(),
        parts.credentials().desk(),
        parts.notices(),
        background,
        parts.clock());
  }

  static Upkeep upkeep(Parts parts, Gateway gateway, Executor background) {
    Stores stores = parts.stores();
    return new Upkeep(
        new Upkeep.Stores(
            stores.tenants(),
            stores.upstreams(),
            stores.credentialLives(),
            stores.credentialPolicies(),
            stores.audit()),
        parts.vault(),
        parts.credentials().rejections(),
        parts.credentials().rotations(),
        new Upkeep.Traffic() {
          @Override
          public Map<TenantId, Set<String>> open() {
            return gateway.openCredentials();
          }

          @Override
          public Map<TenantId, Map<String, Instant>> takeUsed() {
            return gateway.takeUsedCredentials();
          }
        },
        parts.notices(),
        background,
        stores.node().boot(),
        parts.clock());
  }
}

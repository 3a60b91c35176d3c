package dev.mandate.admin;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.admin.operation.Operation;
import dev.mandate.domain.budget.BudgetHolders;
import dev.mandate.domain.budget.BudgetStates;
import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.prompt.ShippedRules;
import dev.mandate.domain.ratelimit.RateSubjects;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.Users;
import java.util.ArrayList;
import java.util.List;

/// The admin API's people, roles, keys, budgets and audit, for tests of each.
final class SecondHalf {
  private SecondHalf() {}

  static PasswordHasher passwords(AdminServer server) {
    return new PasswordHasher(server.tokens, new PasswordHasher.Cost(64, 1, 1), 2);
  }

  static List<Operation> operations(AdminServer server) {
    var stores = server.stores;
    RightsReader rights =
        new RightsReader(
            stores.tenants(),
            stores.mandates(),
            stores.clients(),
            stores.users(),
            stores.budgets(),
            stores.modelTiers());
    List<Operation> all = new ArrayList<>();
    all.addAll(new MandatesApi(stores.mandates(), stores.ledger()).operations());
    all.addAll(
        new UsersApi(stores.users(), stores.roles(), passwords(server), server.tokens)
            .operations());
    all.addAll(new RolesApi(stores.roles(), stores.users()).operations());
    all.addAll(
        new ModelTiersApi(stores.modelTiers(), stores.upstreams(), stores.roles()).operations());
    all.addAll(
        new PromptCategoriesApi(stores.prompts(), stores.roles(), ShippedRules.load())
            .operations());
    all.addAll(new PromptRulesApi(stores.prompts(), server.tokens).operations());
    all.addAll(new ApiKeysApi(server.apiKeys, rights, stores.users()).operations());
    all.addAll(
        new BudgetsApi(
                stores.budgets(),
                new BudgetStates(
                    stores.ledger(),
                    stores.leases(),
                    _ -> new Budgets.Room(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE)),
                new BudgetHolders(
                    stores.roles(), stores.users(), stores.clients(), stores.upstreams()),
                stores.tenants(),
                rights)
            .operations());
    all.addAll(
        new RateLimitsApi(
                stores.rateLimits(),
                new RateSubjects(
                    stores.users(), stores.clients(), stores.mandates(), stores.apiKeys()),
                server.tokens)
            .operations());
    all.addAll(new StoredObjectsApi(stores.storedObjects()).operations());
    all.addAll(new AuditApi(stores.audit()).operations());
    all.addAll(new NoticesApi(stores.notices(), stores.deliveries()).operations());
    all.addAll(new AlertAddressesApi(stores.alertAddresses(), server.tokens).operations());
    all.addAll(
        new MonitoringApi(stores.monitoring(), stores.findings(), stores.restraints())
            .operations());
    TenantStart start =
        new TenantStart(
            stores.users(), server.apiKeys, stores.audit(), passwords(server), server.tokens);
    all.addAll(
        new TenantsApi(stores.tenants(), start, server.issuers, Fixture.TENANT).operations());
    return all;
  }

  /// A stored user of the server's tenant.
  static User user(AdminServer server, String name, Role role) {
    User user = Users.user(Fixture.TENANT, name, role, Users.NO_PASSWORD);
    server.stores.users().insert(user);
    return user;
  }

  /// Another tenant with a user whose id the caller may guess.
  static User stranger(AdminServer server) {
    server.stores.tenants().save(Tenants.tenant(Tenants.GLOBEX));
    User user = Users.user(Tenants.GLOBEX, "stranger", Role.MEMBER, Users.NO_PASSWORD);
    server.stores.users().insert(user);
    return user;
  }

  static String[] as(Secret key, String... more) {
    List<String> headers = new ArrayList<>(List.of("authorization", "Bearer " + key.reveal()));
    headers.addAll(List.of(more));
    return headers.toArray(String[]::new);
  }

  /// Changes what is there now, whatever it is.
  static Answer patch(AdminServer server, String path, String body, Secret key) {
    return server.send("PATCH", path, body, as(key, "if-match", "*"));
  }
}

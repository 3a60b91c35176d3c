package dev.mandate.app;

import dev.mandate.admin.AlertAddressesApi;
import dev.mandate.admin.ApiKeysApi;
import dev.mandate.admin.AuditApi;
import dev.mandate.admin.BudgetsApi;
import dev.mandate.admin.ClientSecretsApi;
import dev.mandate.admin.ClientsApi;
import dev.mandate.admin.CredentialPolicyApi;
import dev.mandate.admin.CredentialsApi;
import dev.mandate.admin.MandatesApi;
import dev.mandate.admin.ModelTiersApi;
import dev.mandate.admin.MonitoringApi;
import dev.mandate.admin.NoticesApi;
import dev.mandate.admin.PromptCategoriesApi;
import dev.mandate.admin.PromptLogApi;
import dev.mandate.admin.PromptRulesApi;
import dev.mandate.admin.RateLimitsApi;
import dev.mandate.admin.RolesApi;
import dev.mandate.admin.StoredObjectsApi;
import dev.mandate.admin.TenantStart;
import dev.mandate.admin.TenantsApi;
import dev.mandate.admin.UpstreamsApi;
import dev.mandate.admin.UsageApi;
import dev.mandate.admin.UsersApi;
import dev.mandate.admin.VaultApi;
import dev.mandate.admin.WebhooksApi;
import dev.mandate.admin.leak.LeakReportEndpoint;
import dev.mandate.admin.leak.ReportThrottle;
import dev.mandate.admin.operation.AdminApi;
import dev.mandate.admin.operation.Callers;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Repeats;
import dev.mandate.console.BudgetPages;
import dev.mandate.console.CallerNames;
import dev.mandate.console.Cards;
import dev.mandate.console.Console;
import dev.mandate.console.ConsoleConfig;
import dev.mandate.console.CredentialPages;
import dev.mandate.console.KeyPages;
import dev.mandate.console.Keys;
import dev.mandate.console.MonitoringPages;
import dev.mandate.console.NewCredentials;
import dev.mandate.console.NoticePages;
import dev.mandate.console.OwnCredentialPages;
import dev.mandate.console.RateLimitPages;
import dev.mandate.console.UsagePages;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.credential.WhoPays;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.mandate.StandingMandates;
import dev.mandate.domain.prompt.ShippedRules;
import dev.mandate.domain.ratelimit.RateSubjects;
import dev.mandate.domain.session.SessionConfig;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AuthorizationCodes;
import dev.mandate.domain.token.LiveTokens;
import dev.mandate.domain.token.RefreshTokens;
import dev.mandate.domain.upstream.PriceList;
import dev.mandate.domain.vault.MasterRotation;
import dev.mandate.gateway.Gateway;
import dev.mandate.oauth.Cors;
import dev.mandate.oauth.OAuthErrors;
import dev.mandate.oauth.authorize.AuthorizeChecks;
import dev.mandate.oauth.authorize.AuthorizeEndpoint;
import dev.mandate.oauth.authorize.PendingRequests;
import dev.mandate.oauth.authorize.PushedRequests;
import dev.mandate.oauth.authorize.StepsEndpoint;
import dev.mandate.oauth.clientauth.ClientAssertions;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.oauth.clientauth.ClientKeys;
import dev.mandate.oauth.clientauth.PublishedKeys;
import dev.mandate.oauth.consent.Approval;
import dev.mandate.oauth.consent.ConsentConfig;
import dev.mandate.oauth.consent.ConsentEndpoint;
import dev.mandate.oauth.consent.Offers;
import dev.mandate.oauth.details.DetailsSchemaEndpoint;
import dev.mandate.oauth.device.DeviceAuthorizationEndpoint;
import dev.mandate.oauth.device.DeviceEndEndpoint;
import dev.mandate.oauth.device.DevicePageEndpoint;
import dev.mandate.oauth.dpop.KeyBinding;
import dev.mandate.oauth.introspect.IntrospectEndpoint;
import dev.mandate.oauth.introspect.Introspection;
import dev.mandate.oauth.introspect.KeyAuthentication;
import dev.mandate.oauth.jwks.JwksEndpoint;
import dev.mandate.oauth.logout.LogoutEndpoint;
import dev.mandate.oauth.metadata.MetadataEndpoint;
import dev.mandate.oauth.par.PushEndpoint;
import dev.mandate.oauth.revoke.RevokeEndpoint;
import dev.mandate.oauth.scope.Audience;
import dev.mandate.oauth.signin.PasswordCheck;
import dev.mandate.oauth.signin.SignInConfig;
import dev.mandate.oauth.signin.SignInEndpoint;
import dev.mandate.oauth.signin.SignInMeters;
import dev.mandate.oauth.signin.SignOutEndpoint;
import dev.mandate.oauth.token.AuthorizationCodeGrant;
import dev.mandate.oauth.token.ClientCredentialsGrant;
import dev.mandate.oauth.token.DeviceCodeGrant;
import dev.mandate.oauth.token.IdTokens;
import dev.mandate.oauth.token.RefreshTokenGrant;
import dev.mandate.oauth.token.ReplayAlarm;
import dev.mandate.oauth.token.TokenAudit;
import dev.mandate.oauth.token.TokenEndpoint;
import dev.mandate.oauth.token.TokenIssuer;
import dev.mandate.oauth.token.TokenMeters;
import dev.mandate.oauth.userinfo.UserInfoEndpoint;
import dev.mandate.platform.html.Assets;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.Router;
import dev.mandate.storage.Stores;
import java.util.ArrayList;
import java.util.List;

/// The one table of routes: method, path, endpoint.
final class Routes {
  private Routes() {}

  static Router table(Parts parts, Gateway gateway, HealthEndpoints health) {
    Router router = new Router();
    health.mountPublic(router);
    machines(router, parts);
    people(router, parts, gateway);
    admin(router, parts, gateway);
    return router.otherwise(gateway);
  }

  /// What clients of the authorization server call.
  private static void machines(Router router, Parts parts) {
    Stores stores = parts.stores();
    ClientAuthentication clients =
        new ClientAuthentication(
            stores.clients(),
            new ClientAssertions(
                new ClientKeys(new PublishedKeys(parts.documents(), parts.egress(), parts.clock())),
                stores.usedOnce(),
                parts.clock()),
            parts.monitoring().restraints,
            parts.changes());
    RightsReader rights = LiveTokens.keeping(parts.rights(), parts.changes());
    RefreshTokens refreshTokens =
        new RefreshTokens(
            stores.refreshTokens(),
            parts.tokens(),
            parts.random(),
            parts.clock(),
            parts.setup().tokens());
    ReplayAlarm alarm = new ReplayAlarm(stores.mandates(), stores.audit(), parts.clock());
    KeyBinding binding = new KeyBinding(parts.issuers(), proofs(parts));
    TokenEndpoint token =
        new TokenEndpoint(
            parts.issuers(),
            clients,
            binding,
            List.of(
                new AuthorizationCodeGrant(stores.codes(), refreshTokens, alarm, parts.clock()),
                new RefreshTokenGrant(refreshTokens, alarm),
                new DeviceCodeGrant(stores.devices(), refreshTokens, parts.clock()),
                new ClientCredentialsGrant(stores.mandates(), parts.changes(), parts.clock())),
            rights,
            new Audience(stores.upstreams(), parts.changes()),
            new TokenIssuer(
                parts.accessTokens(),
                new IdTokens(
                    parts.signingKeys(), stores.users(), parts.clock(), parts.setup().tokens()),
                parts.clock()),
            new TokenAudit(stores.audit(), parts.clock()),
            parts.monitoring().activity);
    RevokeEndpoint revoke =
        new RevokeEndpoint(
            parts.issuers(),
            clients,
            new RevokeEndpoint.Tokens(parts.accessTokens(), refreshTokens, stores.revokedTokens()),
            stores.mandates(),
            stores.audit(),
            parts.clock());
    LiveTokens liveTokens =
        new LiveTokens(
            parts.accessTokens(),
            stores.revokedTokens(),
            rights,
            parts.monitoring().restraints,
            parts.changes(),
            parts.clock());
    IntrospectEndpoint introspect =
        new IntrospectEndpoint(
            parts.issuers(),
            clients,
            new KeyAuthentication(parts.apiKeys(), parts.monitoring().restraints, parts.clock()),
            new Introspection(
                liveTokens,
                refreshTokens,
                parts.apiKeys(),
                rights,
                parts.monitoring().restraints,
                parts.clock()));
    PushEndpoint push =
        new PushEndpoint(
            parts.issuers(),
            clients,
            binding,
            authorizeChecks(parts),
            pushedRequests(parts),
            stores.audit(),
            parts.clock());
    DeviceAuthorizationEndpoint device =
        new DeviceAuthorizationEndpoint(
            parts.issuers(),
            clients,
            authorizeChecks(parts),
            stores.devices(),
            parts.tokens(),
            parts.clock());
    UserInfoEndpoint userInfo =
        new UserInfoEndpoint(parts.issuers(), liveTokens, binding, stores.users());
    Cors cors = new Cors(parts.issuers(), parts.origins());
    TokenMeters counted = new TokenMeters(parts.meters(), token.grantTypes());
    bound(router, cors, binding, "/oauth/token", counted.around(token));
    posted(router, cors, "/oauth/revoke", revoke);
    posted(router, cors, "/oauth/device_authorization", device);
    bound(router, cors, binding, "/oauth/par", push);
    // No CORS: a page in a browser has no secret, so nothing to ask here.
    router.add("POST", "/oauth/introspect", OAuthErrors.json(introspect));
    bound(router, cors, binding, Audience.USERINFO, userInfo);
    router.add(
        "GET", Audience.USERINFO, cors.registered(binding.around(OAuthErrors.json(userInfo))));
    AuthorizationDetails.schemas()
        .forEach(
            (type, schema) ->
                open(
                    router,
                    DetailsSchemaEndpoint.path(type),
                    new DetailsSchemaEndpoint(parts.issuers(), type, schema)));
    MetadataEndpoint metadata =
        new MetadataEndpoint(
            parts.issuers(), stores.upstreams(), token.grantTypes(), parts.setup().authorize());
    open(router, MetadataEndpoint.OAUTH_PATH, metadata);
    open(router, MetadataEndpoint.OPENID_PATH, metadata);
    open(router, "/oauth/jwks", new JwksEndpoint(parts.issuers(), parts.signingKeys()));
  }

  private static AuthorizeChecks authorizeChecks(Parts parts) {
    return new AuthorizeChecks(
        parts.stores().clients(),
        parts.stores().upstreams(),
        parts.stores().modelTiers(),
        parts.monitoring().restraints,
        parts.setup().authorize());
  }

  private static PushedRequests pushedRequests(Parts parts) {
    return new PushedRequests(
        parts.stores().pushed(), parts.tokens(), parts.clock(), parts.setup().authorize());
  }

  private static DpopProofs proofs(Parts parts) {
    return new DpopProofs(parts.nonces(), parts.stores().usedOnce(), parts.clock());
  }

  private static void bound(
      Router router, Cors cors, KeyBinding binding, String path, Endpoint endpoint) {
    router
        .add("POST", path, cors.registered(binding.around(OAuthErrors.json(endpoint))))
        .add("OPTIONS", path, cors.registeredPreflight());
  }

  private static void posted(Router router, Cors cors, String path, Endpoint endpoint) {
    router
        .add("POST", path, cors.registered(OAuthErrors.json(endpoint)))
        .add("OPTIONS", path, cors.registeredPreflight());
  }

  private static void open(Router router, String path, Endpoint endpoint) {
    router
        .add("GET", path, Cors.open(OAuthErrors.json(endpoint)))
        .add("OPTIONS", path, Cors.openPreflight());
  }

  /// Pages: authorization, sign-in, consent, and the person's own.
  private static void people(Router router, Parts parts, Gateway gateway) {
    Stores stores = parts.stores();
    Assets assets = new Assets();
    Pages pages = new Pages(assets);
    ErrorPages errors = new ErrorPages(pages, request -> parts.issuers().of(request).root());
    Sessions sessions =
        new Sessions(
            stores.sessions(),
            stores.users(),
            parts.tokens(),
            parts.clock(),
            SessionConfig.STANDARD);
    PendingRequests requests = new PendingRequests(stores.pendings(), parts.clock());
    Endpoint authorize =
        errors.around(
            new AuthorizeEndpoint(
                parts.issuers(),
                sessions,
                authorizeChecks(parts),
                pushedRequests(parts),
                stores.pendings(),
                stores.audit(),
                pages,
                parts.tokens(),
                parts.clock()));
    Endpoint steps = errors.around(new StepsEndpoint(parts.issuers(), sessions, requests));
    Endpoint signIn =
        new SignInMeters(parts.meters()).around(errors.around(signIn(parts, sessions, pages)));
    Endpoint consent = errors.around(consent(parts, sessions, requests, pages));
    Endpoint signOut =
        errors.around(
            new SignOutEndpoint(parts.issuers(), sessions, stores.audit(), parts.clock()));
    router
        .add("GET", Assets.TEMPLATE, assets)
        .add("GET", "/oauth/authorize", authorize)
        .add("POST", "/oauth/authorize", authorize)
        .add("GET", "/oauth/authorize/{id}", steps)
        .add("GET", "/oauth/consent/{id}", consent)
        .add("POST", "/oauth/consent/{id}", consent)
        .add("GET", "/signin", signIn)
        .add("POST", "/signin", signIn)
        .add("POST", "/signout", signOut);
    LogoutEndpoint logout =
        new LogoutEndpoint(
            parts.issuers(),
            sessions,
            stores.clients(),
            parts.signingKeys(),
            stores.audit(),
            pages,
            parts.clock());
    router
        .add("GET", LogoutEndpoint.PATH, errors.around(logout.asked()))
        .add("POST", LogoutEndpoint.PATH, errors.around(logout.posted()))
        .add("POST", LogoutEndpoint.CONFIRM_PATH, errors.around(logout.confirmed()));
    devices(router, parts, sessions, pages, errors);
    Cards cards =
        new Cards(
            stores.tenants(),
            stores.clients(),
            stores.upstreams(),
            stores.ledger(),
            parts.rights(),
            new WhoPays(stores.credentialPolicies(), stores.credentials()));
    Keys keys = new Keys(parts.apiKeys(), cards, stores.audit());
    console(parts, gateway, sessions, pages, cards, keys).mount(router, errors);
    new BudgetPages(
            parts.issuers(),
            sessions,
            stores.tenants(),
            stores.budgets(),
            BudgetParts.states(parts),
            BudgetParts.holders(stores),
            stores.audit(),
            pages,
            parts.clock())
        .mount(router, errors);
    new NoticePages(
            parts.issuers(), sessions, stores.tenants(), stores.notices(), pages, parts.clock())
        .mount(router, errors);
    new UsagePages(parts.issuers(), sessions, stores.usage(), cards, pages, parts.clock())
        .mount(router, errors);
    new MonitoringPages(
            parts.issuers(),
            sessions,
            new MonitoringPages.Kinds(
                stores.monitoring(), stores.findings(), stores.restraints(), stores.notices()),
            new CallerNames(stores.apiKeys(), stores.clients(), stores.users()),
            cards,
            stores.audit(),
            pages,
            parts.clock())
        .mount(router, errors);
    new RateLimitPages(
            parts.issuers(),
            sessions,
            stores.rateLimits(),
            rateSubjects(stores),
            stores.audit(),
            parts.tokens(),
            pages,
            parts.clock())
        .mount(router, errors);
    new KeyPages(
            parts.issuers(),
            sessions,
            stores.mandates(),
            stores.users(),
            cards,
            keys,
            pages,
            parts.clock())
        .mount(router, errors);
  }

  private static void devices(
      Router router, Parts parts, Sessions sessions, Pages pages, ErrorPages errors) {
    Stores stores = parts.stores();
    Endpoint device =
        errors.around(
            new DevicePageEndpoint(
                parts.issuers(),
                sessions,
                stores.tenants(),
                stores.clients(),
                stores.devices(),
                stores.pendings(),
                stores.signInThrottle(),
                stores.audit(),
                pages,
                parts.tokens(),
                parts.clock()));
    Endpoint end = errors.around(new DeviceEndEndpoint(parts.issuers(), pages));
    router
        .add("GET", DeviceAuthorizationEndpoint.PAGE, device)
        .add("POST", DeviceAuthorizationEndpoint.PAGE, device)
        .add("GET", DeviceEndEndpoint.APPROVED, end)
        .add("GET", DeviceEndEndpoint.DENIED, end);
  }

  private static SignInEndpoint signIn(Parts parts, Sessions sessions, Pages pages) {
    Stores stores = parts.stores();
    PasswordCheck check =
        new PasswordCheck(
            stores.users(),
            parts.passwords(),
            stores.signInThrottle(),
            stores.audit(),
            parts.clock(),
            SignInConfig.STANDARD);
    return new SignInEndpoint(
        parts.issuers(), stores.tenants(), sessions, check, pages, parts.tokens());
  }

  private static ConsentEndpoint consent(
      Parts parts, Sessions sessions, PendingRequests requests, Pages pages) {
    Stores stores = parts.stores();
    Approval approval =
        new Approval(
            stores.pendings(),
            stores.mandates(),
            new AuthorizationCodes(
                stores.codes(), parts.tokens(), parts.clock(), parts.setup().tokens()),
            stores.devices(),
            stores.audit(),
            parts.tokens(),
            ConsentConfig.STANDARD);
    return new ConsentEndpoint(
        parts.issuers(),
        sessions,
        requests,
        stores.tenants(),
        stores.clients(),
        new Offers(
            stores.upstreams(),
            stores.users(),
            stores.modelTiers(),
            stores.prompts(),
            new WhoPays(stores.credentialPolicies(), stores.credentials())),
        approval,
        stores.promptLog(),
        pages,
        parts.clock());
  }

  private static Console console(
      Parts parts, Gateway gateway, Sessions sessions, Pages pages, Cards cards, Keys keys) {
    Stores stores = parts.stores();
    NewCredentials made = new NewCredentials(stores.credentials(), parts.vault(), parts.tokens());
    return new Console(
        parts.issuers(),
        sessions,
        stores.tenants(),
        stores.mandates(),
        stores.ledger(),
        stores.audit(),
        cards,
        keys,
        new OwnCredentialPages(
            stores.upstreams(),
            stores.credentials(),
            stores.credentialPolicies(),
            made,
            cards,
            stores.audit(),
            pages),
        new CredentialPages(
            stores.upstreams(),
            gateway.lines(),
            stores.credentials(),
            parts.credentials().tests(),
            made,
            cards,
            stores.audit(),
            pages),
        pages,
        parts.clock(),
        ConsoleConfig.STANDARD);
  }

  private static RateSubjects rateSubjects(Stores stores) {
    return new RateSubjects(stores.users(), stores.clients(), stores.mandates(), stores.apiKeys());
  }

  private static void admin(Router router, Parts parts, Gateway gateway) {
    Stores stores = parts.stores();
    List<Operation> operations = new ArrayList<>();
    StandingMandates standing =
        new StandingMandates(stores.mandates(), stores.upstreams(), parts.tokens());
    operations.addAll(
        new ClientsApi(stores.clients(), stores.tenants(), standing, parts.tokens(), parts.egress())
            .operations());
    operations.addAll(new ClientSecretsApi(stores.clients(), parts.tokens()).operations());
    operations.addAll(
        new UpstreamsApi(stores.upstreams(), parts.egress(), PriceList.shipped(), gateway.lines())
            .operations());
    operations.addAll(
        new CredentialsApi(
                stores.upstreams(),
                stores.credentials(),
                parts.credentials().tests(),
                parts.credentials().rotations(),
                stores.rotations(),
                parts.vault(),
                parts.tokens())
            .operations());
    operations.addAll(
        new CredentialPolicyApi(stores.upstreams(), stores.credentialPolicies(), parts.vault())
            .operations());
    operations.addAll(new MandatesApi(stores.mandates(), stores.ledger()).operations());
    operations.addAll(
        new UsersApi(stores.users(), stores.roles(), parts.passwords(), parts.tokens())
            .operations());
    operations.addAll(new RolesApi(stores.roles(), stores.users()).operations());
    operations.addAll(
        new ModelTiersApi(stores.modelTiers(), stores.upstreams(), stores.roles()).operations());
    operations.addAll(
        new PromptCategoriesApi(stores.prompts(), stores.roles(), ShippedRules.load())
            .operations());
    operations.addAll(new PromptRulesApi(stores.prompts(), parts.tokens()).operations());
    operations.addAll(new ApiKeysApi(parts.apiKeys(), parts.rights(), stores.users()).operations());
    operations.addAll(
        new BudgetsApi(
                stores.budgets(),
                BudgetParts.states(parts),
                BudgetParts.holders(stores),
                stores.tenants(),
                parts.rights())
            .operations());
    operations.addAll(new UsageApi(stores.usage(), parts.clock()).operations());
    operations.addAll(
        new PromptLogApi(stores.promptLog(), parts.promptLog(), stores.audit()).operations());
    operations.addAll(
        new RateLimitsApi(stores.rateLimits(), rateSubjects(stores), parts.tokens()).operations());
    operations.addAll(new StoredObjectsApi(stores.storedObjects()).operations());
    operations.addAll(new AuditApi(stores.audit()).operations());
    operations.addAll(new NoticesApi(stores.notices(), stores.deliveries()).operations());
    operations.addAll(
        new WebhooksApi(
                stores.webhooks(), parts.webhooks(), parts.vault(), parts.egress(), parts.tokens())
            .operations());
    operations.addAll(new AlertAddressesApi(stores.alertAddresses(), parts.tokens()).operations());
    operations.addAll(
        new VaultApi(
                parts.masterKeys(),
                stores.tenantKeys(),
                new MasterRotation(parts.masterKeys(), stores.tenantKeys()),
                TenantId.DEFAULT)
            .operations());
    operations.addAll(
        new MonitoringApi(stores.monitoring(), stores.findings(), stores.restraints())
            .operations());
    TenantStart start =
        new TenantStart(
            stores.users(), parts.apiKeys(), stores.audit(), parts.passwords(), parts.tokens());
    operations.addAll(
        new TenantsApi(stores.tenants(), start, parts.issuers(), TenantId.DEFAULT).operations());
    Callers callers =
        new Callers(
            parts.apiKeys(),
            parts.accessTokens(),
            stores.revokedTokens(),
            parts.rights(),
            stores.clients(),
            stores.users(),
            proofs(parts),
            parts.monitoring().restraints,
            parts.monitoring().activity,
            parts.clock());
    new AdminApi(
            parts.issuers(),
            callers,
            new Repeats(stores.idempotency(), parts.vault()),
            stores.audit(),
            parts.clock(),
            operations)
        .mount(router);
    router.addAtRoot(
        "POST",
        LeakReportEndpoint.PATH,
        new LeakReportEndpoint(parts.apiKeys().leaks(), new ReportThrottle(parts.clock())));
  }
}

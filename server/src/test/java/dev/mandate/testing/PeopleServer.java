package dev.mandate.testing;

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
import dev.mandate.domain.budget.BudgetHolders;
import dev.mandate.domain.budget.BudgetStates;
import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.credential.CredentialTests;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.credential.Rejections;
import dev.mandate.domain.credential.WhoPays;
import dev.mandate.domain.dpop.DpopNonces;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.ratelimit.RateSubjects;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.session.SessionConfig;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.token.AuthorizationCodes;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.domain.vault.Vault;
import dev.mandate.oauth.OAuthErrors;
import dev.mandate.oauth.authorize.AuthorizeChecks;
import dev.mandate.oauth.authorize.AuthorizeConfig;
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
import dev.mandate.oauth.device.DeviceAuthorizationEndpoint;
import dev.mandate.oauth.device.DeviceEndEndpoint;
import dev.mandate.oauth.device.DevicePageEndpoint;
import dev.mandate.oauth.dpop.KeyBinding;
import dev.mandate.oauth.logout.LogoutEndpoint;
import dev.mandate.oauth.par.PushEndpoint;
import dev.mandate.oauth.signin.PasswordCheck;
import dev.mandate.oauth.signin.SignInConfig;
import dev.mandate.oauth.signin.SignInEndpoint;
import dev.mandate.oauth.signin.SignOutEndpoint;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.Assets;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.http.Router;
import dev.mandate.storage.Stores;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/// Everything that a person sees, on a port of loopback, with a seeded database and nothing behind
/// it.
public final class PeopleServer implements AutoCloseable {
  /// Cheap enough for tests.
  private static final PasswordHasher.Cost CHEAP = new PasswordHasher.Cost(64, 1, 1);

  private final Vertx vertx = Vertx.vertx();
  private final ChangeFeed changes = new ChangeFeed();
  private final Told told = new Told();
  private final Stores stores;
  private final HttpListener listener;
  private final String url;
  private final SigningKeys signingKeys;

  public PeopleServer(Path data, InstantSource clock, int port, SignInConfig signIn) {
    TokenSource random = new TokenSource(new SecureRandom(), clock);
    PasswordHasher hasher = new PasswordHasher(random, CHEAP, 4);
    Router router = new Router();
    stores = Stores.open(data, changes, clock);
    Acme.seed(stores, hasher);
    // The issuer holds the port, so the routes come after it is known.
    listener =
        new HttpListener(
                vertx,
                new ListenerConfig(
                    "127.0.0.1", port, 65_536, 32_768, Duration.ofSeconds(30), List.of(), 1, null),
                router,
                random)
            .start();
    url = "http://localhost:" + listener.port();
    signingKeys =
        new SigningKeys(
            stores.signingKeys(),
            new Vault(new byte[32], stores.tenantKeys(), new SecureRandom()),
            clock);
    mount(router, hasher, random, clock, signIn);
  }

  private void mount(
      Router router,
      PasswordHasher hasher,
      TokenSource random,
      InstantSource clock,
      SignInConfig signIn) {
    Issuers issuers = new Issuers(url);
    Restraints restraints = new Restraints(stores.restraints(), changes, clock);
    Assets assets = new Assets();
    Pages pages = new Pages(assets);
    ErrorPages errors = new ErrorPages(pages, request -> issuers.of(request).root());
    Sessions sessions =
        new Sessions(stores.sessions(), stores.users(), random, clock, SessionConfig.STANDARD);
    PendingRequests requests = new PendingRequests(stores.pendings(), clock);
    PushedRequests pushed =
        new PushedRequests(stores.pushed(), random, clock, AuthorizeConfig.STANDARD);
    AuthorizeEndpoint authorize =
        new AuthorizeEndpoint(
            issuers,
            sessions,
            new AuthorizeChecks(
                stores.clients(),
                stores.upstreams(),
                stores.modelTiers(),
                restraints,
                AuthorizeConfig.STANDARD),
            pushed,
            stores.pendings(),
            stores.audit(),
            pages,
            random,
            clock);
    SignInEndpoint signInPage =
        new SignInEndpoint(
            issuers,
            stores.tenants(),
            sessions,
            new PasswordCheck(
                stores.users(), hasher, stores.signInThrottle(), stores.audit(), clock, signIn),
            pages,
            random);
    ConsentEndpoint consent =
        new ConsentEndpoint(
            issuers,
            sessions,
            requests,
            stores.tenants(),
            stores.clients(),
            new Offers(
                stores.upstreams(),
                stores.users(),
                stores.modelTiers(),
                stores.prompts(),
                whoPays()),
            new Approval(
                stores.pendings(),
                stores.mandates(),
                new AuthorizationCodes(stores.codes(), random, clock, TokenConfig.DEFAULT),
                stores.devices(),
                stores.audit(),
                random,
                new ConsentConfig(5)),
            stores.promptLog(),
            pages,
            clock);
    ClientAuthentication authentication =
        new ClientAuthentication(
            stores.clients(),
            new ClientAssertions(
                new ClientKeys(
                    new PublishedKeys(
                        new GuardedClient(vertx, InetAddress::getAllByName, PublishedKeys.BOUNDS),
                        new Egress(true, Map.of()),
                        clock)),
                stores.usedOnce(),
                clock),
            restraints,
            changes);
    AuthorizeChecks checks =
        new AuthorizeChecks(
            stores.clients(),
            stores.upstreams(),
            stores.modelTiers(),
            restraints,
            AuthorizeConfig.STANDARD);
    DevicePageEndpoint device =
        new DevicePageEndpoint(
            issuers,
            sessions,
            stores.tenants(),
            stores.clients(),
            stores.devices(),
            stores.pendings(),
            stores.signInThrottle(),
            stores.audit(),
            pages,
            random,
            clock);
    Endpoint deviceEnd = errors.around(new DeviceEndEndpoint(issuers, pages));
    router
        .add(
            "POST",
            "/oauth/device_authorization",
            OAuthErrors.json(
                new DeviceAuthorizationEndpoint(
                    issuers, authentication, checks, stores.devices(), random, clock)))
        .add("GET", "/device", errors.around(device))
        .add("POST", "/device", errors.around(device))
        .add("GET", DeviceEndEndpoint.APPROVED, deviceEnd)
        .add("GET", DeviceEndEndpoint.DENIED, deviceEnd);
    PushEndpoint push =
        new PushEndpoint(
            issuers,
            authentication,
            new KeyBinding(
                issuers,
                new DpopProofs(new DpopNonces(new byte[32], clock), stores.usedOnce(), clock)),
            checks,
            pushed,
            stores.audit(),
            clock);
    router
        .add("POST", "/oauth/par", OAuthErrors.json(push))
        .add("GET", Assets.TEMPLATE, assets)
        .add("GET", "/oauth/authorize", errors.around(authorize))
        .add("POST", "/oauth/authorize", errors.around(authorize))
        .add(
            "GET",
            "/oauth/authorize/{id}",
            errors.around(new StepsEndpoint(issuers, sessions, requests)))
        .add("GET", "/oauth/consent/{id}", errors.around(consent))
        .add("POST", "/oauth/consent/{id}", errors.around(consent))
        .add("GET", "/signin", errors.around(signInPage))
        .add("POST", "/signin", errors.around(signInPage))
        .add(
            "POST",
            "/signout",
            errors.around(new SignOutEndpoint(issuers, sessions, stores.audit(), clock)));
    LogoutEndpoint logout =
        new LogoutEndpoint(
            issuers, sessions, stores.clients(), signingKeys, stores.audit(), pages, clock);
    router
        .add("GET", LogoutEndpoint.PATH, errors.around(logout.asked()))
        .add("POST", LogoutEndpoint.PATH, errors.around(logout.posted()))
        .add("POST", LogoutEndpoint.CONFIRM_PATH, errors.around(logout.confirmed()));
    console(random, clock, issuers, sessions, pages, errors, router);
    budgets(clock, issuers, sessions, pages).mount(router, errors);
    new NoticePages(issuers, sessions, stores.tenants(), stores.notices(), pages, clock)
        .mount(router, errors);
  }

  private BudgetPages budgets(
      InstantSource clock, Issuers issuers, Sessions sessions, Pages pages) {
    BudgetStates states =
        new BudgetStates(
            stores.ledger(),
            stores.leases(),
            _ -> new Budgets.Room(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE));
    BudgetHolders holders =
        new BudgetHolders(stores.roles(), stores.users(), stores.clients(), stores.upstreams());
    return new BudgetPages(
        issuers,
        sessions,
        stores.tenants(),
        stores.budgets(),
        states,
        holders,
        stores.audit(),
        pages,
        clock);
  }

  private WhoPays whoPays() {
    return new WhoPays(stores.credentialPolicies(), stores.credentials());
  }

  /// Knows keys that begin with `good`.
  private static final ProviderDesk DESK =
      new ProviderDesk() {
        @Override
        public Verdict test(Upstream upstream, Secret secret) {
          return secret.reveal().startsWith("good") ? Verdict.OK : Verdict.REJECTED;
        }

        @Override
        public Made make(Upstream upstream, Maker maker, String name) throws Refused {
          throw new Refused("nothing is made here", null);
        }

        @Override
        public void delete(Upstream upstream, Maker maker, String ref) {
          // There is nothing.
        }

        @Override
        public List<String> named(Upstream upstream, Maker maker, String name) {
          return List.of();
        }
      };

  private void console(
      TokenSource random,
      InstantSource clock,
      Issuers issuers,
      Sessions sessions,
      Pages pages,
      ErrorPages errors,
      Router router) {
    Cards cards =
        new Cards(
            stores.tenants(),
            stores.clients(),
            stores.upstreams(),
            stores.ledger(),
            new RightsReader(
                stores.tenants(),
                stores.mandates(),
                stores.clients(),
                stores.users(),
                stores.budgets(),
                stores.modelTiers()),
            whoPays());
    Vault vault = new Vault(new byte[32], stores.tenantKeys(), new SecureRandom());
    NewCredentials made = new NewCredentials(stores.credentials(), vault, random);
    Rejections rejections =
        new Rejections(
            stores.credentialLives(), DESK, stores.audit(), (_, _, _, _, _, _) -> {}, clock);
    Keys keys = new Keys(TestKeys.of(stores, clock, told), cards, stores.audit());
    new KeyPages(issuers, sessions, stores.mandates(), stores.users(), cards, keys, pages, clock)
        .mount(router, errors);
    new UsagePages(issuers, sessions, stores.usage(), cards, pages, clock).mount(router, errors);
    new RateLimitPages(
            issuers,
            sessions,
            stores.rateLimits(),
            new RateSubjects(stores.users(), stores.clients(), stores.mandates(), stores.apiKeys()),
            stores.audit(),
            random,
            pages,
            clock)
        .mount(router, errors);
    new MonitoringPages(
            issuers,
            sessions,
            new MonitoringPages.Kinds(
                stores.monitoring(), stores.findings(), stores.restraints(), stores.notices()),
            new CallerNames(stores.apiKeys(), stores.clients(), stores.users()),
            cards,
            stores.audit(),
            pages,
            clock)
        .mount(router, errors);
    new Console(
            issuers,
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
                _ -> UpstreamHealth.Health.UNKNOWN,
                stores.credentials(),
                new CredentialTests(DESK, rejections, vault, clock),
                made,
                cards,
                stores.audit(),
                pages),
            pages,
            clock,
            ConsoleConfig.STANDARD)
        .mount(router, errors);
  }

  /// What people were told.
  public Told told() {
    return told;
  }

  /// The issuer.
  public String url() {
    return url;
  }

  /// With which a test signs what this server would have.
  public SigningKeys signingKeys() {
    return signingKeys;
  }

  public Stores stores() {
    return stores;
  }

  @Override
  public void close() {
    listener.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    stores.close();
  }
}

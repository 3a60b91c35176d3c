package dev.mandate.testing;

import dev.mandate.console.Cards;
import dev.mandate.console.Console;
import dev.mandate.console.ConsoleConfig;
import dev.mandate.console.Keys;
import dev.mandate.console.NoticePages;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.session.SessionConfig;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.token.AuthorizationCodes;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.oauth.OAuthErrors;
import dev.mandate.oauth.authorize.AuthorizeChecks;
import dev.mandate.oauth.authorize.AuthorizeConfig;
import dev.mandate.oauth.authorize.AuthorizeEndpoint;
import dev.mandate.oauth.authorize.PendingRequests;
import dev.mandate.oauth.authorize.PushedRequests;
import dev.mandate.oauth.authorize.StepsEndpoint;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.oauth.consent.Approval;
import dev.mandate.oauth.consent.ConsentConfig;
import dev.mandate.oauth.consent.ConsentEndpoint;
import dev.mandate.oauth.consent.Offers;
import dev.mandate.oauth.par.PushEndpoint;
import dev.mandate.oauth.signin.PasswordCheck;
import dev.mandate.oauth.signin.SignInConfig;
import dev.mandate.oauth.signin.SignInEndpoint;
import dev.mandate.oauth.signin.SignOutEndpoint;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.Assets;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.http.Router;
import dev.mandate.storage.Stores;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/// Everything that a person sees, on a port of loopback, with a seeded database and nothing behind
/// it.
public final class PeopleServer implements AutoCloseable {
  /// Cheap enough for tests.
  private static final PasswordHasher.Cost CHEAP = new PasswordHasher.Cost(64, 1, 1);

  private final Vertx vertx = Vertx.vertx();
  private final ChangeFeed changes = new ChangeFeed();
  private final Stores stores;
  private final HttpListener listener;
  private final String url;

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
    mount(router, hasher, random, clock, signIn);
  }

  private void mount(
      Router router,
      PasswordHasher hasher,
      TokenSource random,
      InstantSource clock,
      SignInConfig signIn) {
    Issuers issuers = new Issuers(url);
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
            new AuthorizeChecks(stores.clients(), stores.upstreams(), AuthorizeConfig.STANDARD),
            pushed,
            stores.pendings(),
            stores.audit(),
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
            new Offers(stores.upstreams(), stores.users()),
            new Approval(
                stores.pendings(),
                stores.mandates(),
                new AuthorizationCodes(stores.codes(), random, clock, TokenConfig.DEFAULT),
                stores.audit(),
                random,
                new ConsentConfig(5)),
            pages,
            clock);
    PushEndpoint push =
        new PushEndpoint(
            issuers,
            new ClientAuthentication(stores.clients(), changes),
            new AuthorizeChecks(stores.clients(), stores.upstreams(), AuthorizeConfig.STANDARD),
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
    console(random, clock, issuers, sessions, pages).mount(router, errors);
    new NoticePages(issuers, sessions, stores.tenants(), stores.notices(), pages, clock)
        .mount(router, errors);
  }

  private Console console(
      TokenSource random, InstantSource clock, Issuers issuers, Sessions sessions, Pages pages) {
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
                stores.budgets()));
    return new Console(
        issuers,
        sessions,
        stores.tenants(),
        stores.mandates(),
        stores.ledger(),
        stores.audit(),
        cards,
        new Keys(stores.apiKeys(), cards, stores.audit(), random, ConsoleConfig.STANDARD),
        pages,
        clock,
        ConsoleConfig.STANDARD);
  }

  /// The issuer.
  public String url() {
    return url;
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

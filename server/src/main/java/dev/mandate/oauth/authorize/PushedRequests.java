package dev.mandate.oauth.authorize;

import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.PushedRequest;
import dev.mandate.domain.authorization.PushedStore;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.session.Browser;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.http.Parameters;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Authorization requests that clients pushed (RFC 9126): the `request_uri` that stands for one,
/// from its making to the browser that brings it.
public final class PushedRequests {
  /// RFC 9126 §2.2 recommends this form; what follows is random.
  public static final String URI = "urn:ietf:params:oauth:request_uri:";

  private final PushedStore store;
  private final TokenSource random;
  private final InstantSource clock;
  private final Duration lifetime;

  public PushedRequests(
      PushedStore store, TokenSource random, InstantSource clock, AuthorizeConfig config) {
    this.store = store;
    this.random = random;
    this.clock = clock;
    this.lifetime = config.pushedLifetime();
  }

  public Duration lifetime() {
    return lifetime;
  }

  /// Keeps a request that passed its checks.
  ///
  /// @return its `request_uri`, which only its client should know (RFC 9126 §7.1: 256 random bits)
  public Secret push(Issuer issuer, Client client, Map<String, List<String>> parameters) {
    Secret reference = random.token();
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    store.insert(
        new PushedRequest(
            issuer.tenant(),
            TokenHash.of(reference),
            client.id(),
            parameters,
            now,
            now.plus(lifetime)));
    return Secret.of(URI + reference.reveal());
  }

  /// Whether the request names a pushed one: the prefix is ours alone.
  static boolean isNamedBy(Parameters sent) {
    return sent.all("request_uri").stream().anyMatch(uri -> uri.startsWith(URI));
  }

  /// What the browser brought.
  ///
  /// @throws PageRefusal when there is none, it has expired, or it is another client's; all look
  ///   the same
  PushedStore.Found brought(Issuer issuer, Parameters sent, Instant now) {
    // RFC 9101 §5: one of the two, not both.
    if (sent.has("request")) {
      throw new PageRefusal(
          400,
          "This app cannot be let in",
          "The request has both request and request_uri, expected one of them.");
    }
    String uri = sent.one("request_uri");
    String client = sent.one("client_id");
    PushedStore.Found found =
        uri == null
            ? null
            : store.find(
                issuer.tenant(), TokenHash.of(Secret.of(uri.substring(URI.length()))), now);
    // RFC 9126 §2.2: bound to the client that pushed it; RFC 9101 §5: client_id must be there.
    if (found == null || !request(found).client().value().equals(client)) {
      throw new PageRefusal(
          400,
          "This request has ended",
          "The app's request is unknown here, or it waited too long. Go back to the app and start"
              + " again.");
    }
    return found;
  }

  private static PushedRequest request(PushedStore.Found found) {
    return switch (found) {
      case PushedStore.Found.Waiting(var request) -> request;
      case PushedStore.Found.Used(var request, _, _) -> request;
    };
  }

  /// Uses the pushed request up.
  ///
  /// @return false when another was faster
  boolean consume(PushedRequest request, PendingAuthorization pending) {
    return store.consume(
        request.tenant(), request.hash(), pending.browser(), pending.id(), clock.instant());
  }

  /// A browser that comes again (a reload, a step back, a doubled click) is led to what its first
  /// coming began, which RFC 9126 §4 allows; any other is turned away.
  ///
  /// @throws PageRefusal for another browser
  static String goOn(PushedStore.Found.Used used, @Nullable Browser browser) {
    if (browser == null || !browser.hash().equals(used.browser())) {
      throw new PageRefusal(
          400,
          "This request was used already",
          "A request can be opened in one browser only, once. Go back to the app and start again.");
    }
    return "/oauth/authorize/" + used.pending();
  }
}

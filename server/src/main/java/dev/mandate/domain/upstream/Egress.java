package dev.mandate.domain.upstream;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.net.PublicAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where calls may go. A tenant's administrator chooses a base URL, and the server would fetch it
/// from inside the operator's network: so it is https to a public address, checked when it is
/// chosen and again at the address that a connection really has, because a name can point elsewhere
/// a moment later.
///
/// @param allowsPrivate whether tenants may reach addresses that aren't public, and speak http
/// @param operatorOrigins of each tenant, from the configuration file: the operator knows its own
///   network, and gave one tenant's part of it to no other
public record Egress(boolean allowsPrivate, Map<TenantId, Set<String>> operatorOrigins) {
  public static final int CHARACTERS_MAX = 500;
  private static final int PORT_MAX = 65_535;

  public Egress {
    operatorOrigins = Map.copyOf(operatorOrigins);
  }

  /// Scheme, host and port in one spelling.
  public static String origin(URI url) {
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    int own = scheme.equals("https") ? 443 : 80;
    return scheme
        + "://"
        + String.valueOf(url.getHost()).toLowerCase(Locale.ROOT)
        + ":"
        + (url.getPort() < 0 ? own : url.getPort());
  }

  /// Whether a tenant may choose this base URL. Looks the host up; one that has no address yet
  /// passes, and is checked when a call connects.
  ///
  /// @return what is wrong, after "the base URL"; null when nothing is
  public @Nullable String wrongWith(URI url) {
    String spelled = wrongSpelling(url);
    return spelled != null ? spelled : wrongPlace(url);
  }

  /// Whether a tenant may have messages sent to this URL, which is whole and not a base.
  ///
  /// @return what is wrong, after "the URL"; null when nothing is
  public @Nullable String wrongWithTarget(URI url) {
    String spelled = wrongOrigin(url);
    if (spelled != null) {
      return spelled;
    }
    if (url.getRawUserInfo() != null || url.getRawFragment() != null) {
      return "has a user or a fragment, expected neither";
    }
    return wrongPlace(url);
  }

  private @Nullable String wrongPlace(URI url) {
    if (allowsPrivate) {
      return null;
    }
    if (!url.getScheme().equalsIgnoreCase("https")) {
      return "is http, expected https";
    }
    try {
      for (InetAddress address : InetAddress.getAllByName(url.getHost())) {
        if (!PublicAddress.isPublic(address)) {
          return "leads to an address that is not public";
        }
      }
    } catch (UnknownHostException _) {
      // No address: nothing can be reached there today.
      return null;
    }
    return null;
  }

  /// Whether a document that a client publishes may be fetched from there. Only its spelling: the
  /// address is judged when a connection stands.
  ///
  /// @return what is wrong, after "the address"; null when nothing is
  public @Nullable String wrongWithDocument(URI url) {
    String scheme = String.valueOf(url.getScheme());
    boolean web =
        scheme.equalsIgnoreCase("https") || (scheme.equalsIgnoreCase("http") && allowsPrivate);
    if (!web || url.getHost() == null) {
      return "is not an absolute https URL";
    }
    return url.getRawUserInfo() != null || url.getRawFragment() != null || url.getPort() == 0
        ? "has a user, a fragment or no port, expected a plain one"
        : null;
  }

  private static @Nullable String wrongOrigin(URI url) {
    String scheme = url.getScheme();
    if (scheme == null
        || url.getHost() == null
        || !(scheme.equalsIgnoreCase("https") || scheme.equalsIgnoreCase("http"))) {
      return "is not an absolute https URL";
    }
    return url.getPort() == 0 || url.getPort() > PORT_MAX ? "has a port that there isn't" : null;
  }

  private static @Nullable String wrongSpelling(URI url) {
    String origin = wrongOrigin(url);
    if (origin != null) {
      return origin;
    }
    if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
      return "has a user, a query or a fragment, expected none";
    }
    return url.getRawPath() != null && url.getRawPath().endsWith("/")
        ? "ends in a slash, expected none"
        : null;
  }

  /// Whether a connection that leads to this address may carry a call. Touches memory only.
  public boolean mayConnect(TenantId tenant, URI baseUrl, InetAddress address) {
    return allowsPrivate
        || PublicAddress.isPublic(address)
        || operatorOrigins.getOrDefault(tenant, Set.of()).contains(origin(baseUrl));
  }

  /// Whether a connection for a message of ours may lead to this address. What the operator's
  /// configuration lets a tenant call is not a place to have things posted to.
  public boolean mayConnect(URI url, InetAddress address) {
    return allowsPrivate
        || (url.getScheme().equalsIgnoreCase("https") && PublicAddress.isPublic(address));
  }
}

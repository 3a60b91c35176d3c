package dev.mandate.storage;

import dev.mandate.platform.crypto.Secret;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Where a PostgreSQL database is, as libpq spells it:
/// `postgresql://user[:password]@host[:port][,host…]/name[?sslmode=…]`. Prints without the password.
///
/// @param hosts of several, the one that takes writes is used
/// @param options how the connection is protected
public record DatabaseUrl(
    List<Host> hosts,
    String name,
    String user,
    @Nullable Secret password,
    Map<String, String> options) {
  private static final int PORT = 5432;

  /// Parameters after the `?`.
  static final Set<String> OPTIONS =
      Set.of("sslmode", "sslrootcert", "sslcert", "sslkey", "channelBinding");

  private static final List<String> SCHEMES =
      List.of("postgresql://", "postgres://", "jdbc:postgresql://");

  /// One server's address.
  public record Host(String name, int port) {}

  public DatabaseUrl {
    hosts = List.copyOf(hosts);
    options = Map.copyOf(options);
  }

  /// @throws StorageException in one line that doesn't repeat what may be a password
  public static DatabaseUrl parse(String url) {
    String rest =
        SCHEMES.stream()
            .filter(url::startsWith)
            .map(scheme -> url.substring(scheme.length()))
            .findFirst()
            .orElseThrow(() -> malformed("has another scheme"));
    int question = rest.indexOf('?');
    Map<String, String> options = options(question < 0 ? "" : rest.substring(question + 1));
    String location = question < 0 ? rest : rest.substring(0, question);
    // The last @: a password that is not escaped must not become a part of the host.
    int at = location.lastIndexOf('@');
    int slash = location.indexOf('/', at + 1);
    if (at < 1) {
      throw malformed("names no user");
    }
    if (slash < 0 || slash == location.length() - 1 || location.indexOf('/', slash + 1) >= 0) {
      throw malformed("names no database");
    }
    String[] who = location.substring(0, at).split(":", 2);
    return new DatabaseUrl(
        Arrays.stream(location.substring(at + 1, slash).split(",", -1))
            .map(DatabaseUrl::host)
            .toList(),
        decoded(location.substring(slash + 1)),
        decoded(who[0]),
        who.length == 1 ? null : Secret.of(decoded(who[1])),
        options);
  }

  /// The same database with this password.
  public DatabaseUrl with(Secret secret) {
    return new DatabaseUrl(hosts, name, user, secret, options);
  }

  private static Host host(String text) {
    // An IPv6 address stands in brackets.
    int colon = text.lastIndexOf(':');
    if (colon < 0 || text.endsWith("]")) {
      return named(text, PORT);
    }
    try {
      return named(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw malformed("has a port that is no number");
    }
  }

  private static Host named(String name, int port) {
    if (name.isEmpty()) {
      throw malformed("names no host");
    }
    if (port < 1 || port > 65_535) {
      throw malformed("has port " + port + ", expected 1 to 65535");
    }
    return new Host(name, port);
  }

  private static Map<String, String> options(String query) {
    Map<String, String> options = new TreeMap<>();
    for (String parameter : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      int equals = parameter.indexOf('=');
      String key = equals < 0 ? parameter : parameter.substring(0, equals);
      if (equals < 0 || !OPTIONS.contains(key)) {
        throw malformed(
            "has the parameter '" + key + "', expected one of " + String.join(", ", sorted()));
      }
      options.put(key, decoded(parameter.substring(equals + 1)));
    }
    return options;
  }

  private static List<String> sorted() {
    return OPTIONS.stream().sorted().toList();
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw malformed("has a broken % escape");
    }
  }

  private static StorageException malformed(String why) {
    return new StorageException(
        "the database URL " + why + ", expected postgresql://user@host:port/name");
  }

  /// Without the password.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("postgresql://").append(user).append('@');
    for (int i = 0; i < hosts.size(); i++) {
      Host host = hosts.get(i);
      text.append(i == 0 ? "" : ",").append(host.name).append(':').append(host.port);
    }
    return text.append('/').append(name).toString();
  }
}

package dev.mandate.platform.http;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How a listener reads requests.
///
/// @param host the address to bind
/// @param port 0 picks a free one
/// @param bodyBytesMax of a request to a plain endpoint; the gateway has its own bound
/// @param headerBytesMax of all header fields together, and of the request line
/// @param idleTimeout after which a connection without traffic is closed
/// @param trustedProxies addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed
/// @param eventLoops how many event loops serve the listener
/// @param tls null for plain HTTP
public record ListenerConfig(
    String host,
    int port,
    int bodyBytesMax,
    int headerBytesMax,
    Duration idleTimeout,
    List<String> trustedProxies,
    int eventLoops,
    @Nullable Tls tls) {

  /// PEM files of the certificate chain and of its private key (PKCS #8).
  public record Tls(Path certificateFile, Path keyFile) {}

  public ListenerConfig {
    // As the peer's address is spelled: `::1` would never equal it.
    trustedProxies =
        trustedProxies.stream()
            .map(
                proxy ->
                    Objects.requireNonNull(
                        PeerAddress.canonical(proxy), () -> proxy + " is not an IP address"))
            .toList();
  }
}

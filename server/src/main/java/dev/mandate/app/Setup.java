package dev.mandate.app;

import org.jspecify.annotations.Nullable;
import java.time.Duration;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.platform.http.ListenerConfig;
import java.nio.file.Path;

/// What a server is built from, whoever starts it.
///
/// @param publicUrl also the issuer of the default tenant
/// @param data folder of the journal, and of the database where there is no URL of another
/// @param maxStaleness how long a node that cannot hear revocations goes on serving
/// @param masterKey 32 bytes
record Setup(
    String publicUrl,
    ListenerConfig listener,
    Path data,
    @Nullable DatabaseUrl database,
    Duration maxStaleness,
    byte[] masterKey,
    TokenConfig tokens,
    GatewayConfig gateway) {
  /// Names nothing secret.
  @Override
  public String toString() {
    return publicUrl + " on " + listener.host() + ":" + listener.port();
  }
}

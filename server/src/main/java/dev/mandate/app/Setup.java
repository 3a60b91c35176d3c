package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.signingkey.KeyRotation;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.oauth.authorize.AuthorizeConfig;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.mail.MailConfig;
import dev.mandate.storage.DatabaseUrl;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a server is built from, whoever starts it.
///
/// @param publicUrl also the issuer of the default tenant
/// @param data folder of the journal, and of the database where there is no URL of another
/// @param maxStaleness how long a node that cannot hear revocations goes on serving
/// @param masterKeys that wrap the tenants' keys
/// @param secrets whose files are looked at while it serves
/// @param secretsReloadInterval between two looks; zero for none
/// @param allowsPrivateUpstreams whether a tenant's administrators may name upstreams at private
///   addresses
/// @param mail null when this server sends none
record Setup(
    String publicUrl,
    ListenerConfig listener,
    Path data,
    @Nullable DatabaseUrl database,
    Duration maxStaleness,
    MasterKeys masterKeys,
    SecretWatch secrets,
    Duration secretsReloadInterval,
    TokenConfig tokens,
    KeyRotation keyRotation,
    GatewayConfig gateway,
    boolean allowsPrivateUpstreams,
    AuthorizeConfig authorize,
    ApiKeyPolicy apiKeys,
    Observation observation,
    @Nullable MailConfig mail) {
  /// Names nothing secret.
  @Override
  public String toString() {
    return publicUrl + " on " + listener.host() + ":" + listener.port();
  }
}

package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.credential.MasterKeys;
import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.notice.WebhookSender;
import dev.mandate.domain.origin.AllowedOrigins;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.PublicFetch;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.storage.Stores;
import java.security.SecureRandom;
import java.time.InstantSource;

/// What planes are built from.
record Parts(
    Setup setup,
    Issuers issuers,
    Stores stores,
    Vault vault,
    MasterKeys masterKeys,
    TokenSource tokens,
    SecureRandom random,
    PasswordHasher passwords,
    Budgets budgets,
    RightsReader rights,
    ApiKeys apiKeys,
    AccessTokens accessTokens,
    SigningKeys signingKeys,
    AllowedOrigins origins,
    ChangeFeed changes,
    Meters meters,
    Egress egress,
    Notices notices,
    WebhookSender webhooks,
    CredentialParts credentials,
    PublicFetch fetch,
    InstantSource clock) {}

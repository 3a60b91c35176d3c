package dev.mandate.gateway;

import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.credential.CredentialPolicyStore;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.Rejections;
import dev.mandate.domain.dpop.DpopNonces;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.domain.providerstate.StoredObjectStore;
import dev.mandate.domain.ratelimit.RateLimitStore;
import dev.mandate.domain.ratelimit.RateLimiter;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.token.RevokedTokenStore;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.vault.Vault;
import dev.mandate.gateway.caller.TokenVerifier;
import dev.mandate.platform.metrics.Meters;
import io.vertx.core.Vertx;
import java.time.InstantSource;

/// What the gateway works with.
public record GatewayParts(
    Vertx vertx,
    Issuers issuers,
    TenantStore tenants,
    TokenVerifier tokens,
    ApiKeys apiKeys,
    RevokedTokenStore revokedTokens,
    RightsReader rights,
    PromptStore prompts,
    UpstreamStore upstreams,
    CredentialStore credentials,
    CredentialPolicyStore credentialPolicies,
    StoredObjectStore storedObjects,
    Rejections rejections,
    Vault vault,
    Budgets budgets,
    AuditStore audit,
    ChangeFeed changes,
    CorsPolicy cors,
    DpopNonces nonces,
    InstantSource clock,
    Meters meters,
    Egress egress,
    Activity activity,
    Restraints restraints,
    RateLimitStore rateLimits,
    RateLimiter rateLimiter,
    GatewayConfig config) {}

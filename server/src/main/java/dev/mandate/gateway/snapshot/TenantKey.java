package dev.mandate.gateway.snapshot;

import dev.mandate.domain.tenant.TenantId;

/// A key of something that belongs to a tenant: the same name in two tenants is two things.
public record TenantKey<K>(TenantId tenant, K key) {}

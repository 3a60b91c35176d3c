package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.mail.MailAddress;
import java.time.Instant;

/// Where a tenant's administrators are told by mail.
public record AlertAddress(TenantId tenant, String id, MailAddress address, Instant createdAt) {}

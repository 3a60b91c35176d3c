package dev.mandate.domain.prompt;

import dev.mandate.domain.tenant.TenantId;

/// A pattern of the tenant's own that finds a category.
///
/// @param pattern in RE2's syntax, matched anywhere in the text as [NormalText] has it
public record PromptRule(TenantId tenant, String id, String category, String pattern) {}

/// What was asked and answered, kept only where a tenant turns that on: a sample, redacted, sealed
/// with the tenant's key, for some days.
///
/// [PromptLog] takes what the gateway offers and never makes it wait. Not here: who may read it
/// (`admin/PromptLogApi`), the SQL (`storage`), audit (`domain/audit`), which never has a word of
/// it.
@NullMarked
package dev.mandate.domain.promptlog;

import org.jspecify.annotations.NullMarked;

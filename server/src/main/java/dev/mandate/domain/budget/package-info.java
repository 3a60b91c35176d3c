/// Hard limits: reserve the worst case before a call, settle to the truth after it, and never
/// overspend.
///
/// [Budgets] is the interface that the gateway knows; accounts are charged in memory, made durable
/// by a journal and a ledger. Not here: how a prompt is bounded (`gateway/budgeting`), the SQL
/// (`storage`).
@NullMarked
package dev.mandate.domain.budget;

import org.jspecify.annotations.NullMarked;

/// What a request body says: one pass over its bytes finds the model, the output cap, what bounds
/// the prompt's tokens, and everything that must be refused or changed (RFC 8259, strictly).
///
/// Not here: whether it is allowed and affordable (`gateway/mandating`, `gateway/budgeting`).
@NullMarked
package dev.mandate.gateway.prompting;

import org.jspecify.annotations.NullMarked;

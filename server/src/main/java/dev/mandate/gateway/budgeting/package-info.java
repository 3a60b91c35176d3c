/// The worst that a call can cost, held before the call goes out.
///
/// Not here: the accounts (`domain/budget`).
@NullMarked
package dev.mandate.gateway.budgeting;

import org.jspecify.annotations.NullMarked;

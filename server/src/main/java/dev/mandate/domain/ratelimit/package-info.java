/// Rate limits: how many calls and tokens a minute, and how many calls at a time, an account may
/// have (design §6: rolling windows are rate limits). A limit shapes traffic; it is not money.
///
/// Not here: budgets (`domain/budget`), what callers are told of limits (`gateway/limiting`).
@NullMarked
package dev.mandate.domain.ratelimit;

import org.jspecify.annotations.NullMarked;

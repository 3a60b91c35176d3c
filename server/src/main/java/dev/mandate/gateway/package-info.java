/// The governed LLM gateway, on the event loop: a room per stage, listed in order by [Pipeline].
///
/// Not here: what a mandate is worth (`domain/mandate`), how a budget is kept (`domain/budget`),
/// who may get a token (`oauth`).
@NullMarked
package dev.mandate.gateway;

import org.jspecify.annotations.NullMarked;

/// What callers have kept at a provider: who owns each answer, conversation and file there. The
/// provider knows only our account, so the map from its ids to tenants and people is ours.
///
/// Not here: what is kept (the provider has it), and which routes reach it (`gateway/keeping`).
@NullMarked
package dev.mandate.domain.providerstate;

import org.jspecify.annotations.NullMarked;

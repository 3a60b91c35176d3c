/// What prompts are about, held against what their senders may send.
///
/// Not here: categories and classifiers (`domain/prompt`), how texts are taken out of bodies
/// (`gateway/prompting`).
@NullMarked
package dev.mandate.gateway.classifying;

import org.jspecify.annotations.NullMarked;

/// What prompts are about: a tenant's categories, who may send which, and the classifiers that find
/// them in texts. Never a word of a text is kept; the names of categories are.
///
/// Not here: how texts are taken out of bodies (`gateway/prompting`), what becomes of a call
/// (`gateway/classifying`).
@NullMarked
package dev.mandate.domain.prompt;

import org.jspecify.annotations.NullMarked;

/// Pages for people: compiled templates (escaped by their place in the page), static assets, and
/// the headers that keep a page from being framed, scripted or leaked.
///
/// Not here: what is on a page (`oauth/signin`, `oauth/consent`, `console`; the templates are in
/// `src/main/jte`).
@NullMarked
package dev.mandate.platform.html;

import org.jspecify.annotations.NullMarked;

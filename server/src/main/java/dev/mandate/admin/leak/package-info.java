/// Takes reports of API keys that were found in the open, from anybody: secret scanners, finders.
/// Whoever has a key can report it, and nobody learns whether it was one.
///
/// Not here: what happens to a leaked key (`domain/apikey`).
@NullMarked
package dev.mandate.admin.leak;

import org.jspecify.annotations.NullMarked;

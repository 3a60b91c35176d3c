/// Long-lived caller credentials for tools that take only a key: shown once, stored hashed, narrow,
/// revocable.
///
/// Not here: keys that we hold for providers (`domain/credential`).
@NullMarked
package dev.mandate.domain.apikey;

import org.jspecify.annotations.NullMarked;

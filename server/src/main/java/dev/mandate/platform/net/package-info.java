/// Network addresses: which of them the whole world may reach, and ranges of them (RFC 4632).
///
/// Not here: who is let in (`platform/http`).
@NullMarked
package dev.mandate.platform.net;

import org.jspecify.annotations.NullMarked;

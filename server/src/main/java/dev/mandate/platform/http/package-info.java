/// HTTP requests and responses as records, the listener that carries them, and what every answer
/// shares: error ids, security headers, bounded bodies.
///
/// An endpoint is a plain blocking function on a virtual thread, testable without sockets. The
/// gateway alone takes the raw exchange, on the event loop (`StreamingEndpoint`). Not here: which
/// path leads where (`app/Routes`).
@NullMarked
package dev.mandate.platform.http;

import org.jspecify.annotations.NullMarked;

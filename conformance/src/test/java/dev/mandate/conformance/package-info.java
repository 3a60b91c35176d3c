/// Black-box tests: they know `demo.json`, the discovery document and HTTP, nothing else of the
/// product. Each runs on SQLite and on PostgreSQL: where a class asks for nothing of its own, [On]
/// names a deployment that it shares, and a subclass names another one. Classes run beside one
/// another (`junit-platform.properties`).
@NullMarked
package dev.mandate.conformance;

import org.jspecify.annotations.NullMarked;

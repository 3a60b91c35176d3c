/// Black-box tests: they know `demo.json`, the discovery document and HTTP, nothing else of the
/// product.
@NullMarked
package dev.mandate.conformance;

import org.jspecify.annotations.NullMarked;

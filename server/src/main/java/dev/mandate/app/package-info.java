/// The composition root: configuration, the one place that builds the product, the one table of
/// routes.
///
/// Not here: any rule of the product.
@NullMarked
package dev.mandate.app;

import org.jspecify.annotations.NullMarked;

/// The admin API over real sockets and stores.
@NullMarked
package dev.mandate.admin;

import org.jspecify.annotations.NullMarked;

/// How an operation of the admin API is declared, run and described: one pipeline for all of them,
/// and the OpenAPI 3.1 document that is written from the same declarations.
///
/// Not here: any one resource (`admin`).
@NullMarked
package dev.mandate.admin.operation;

import org.jspecify.annotations.NullMarked;

/// Commands that are clients of the admin API: a noun a resource, a verb an operation, made from
/// the API's own OpenAPI document; and `mandate apply`, which makes a tenant match a file.
///
/// Not here: the API itself (`admin`); commands that start a server (`cli`).
@NullMarked
package dev.mandate.cli.admin;

import org.jspecify.annotations.NullMarked;

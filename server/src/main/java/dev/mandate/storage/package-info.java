/// The SQL: one class for each store of `domain`, over a [dev.mandate.storage.Database]. SQLite is
/// the database of one node. What differs between databases is in that class, in its subclass and
/// in `db/migration`; a store has one SQL text for all.
///
/// [dev.mandate.storage.Stores] opens everything. Not here: rules and records (`domain`), the
/// budget's journal (`app`).
@NullMarked
package dev.mandate.storage;

import org.jspecify.annotations.NullMarked;

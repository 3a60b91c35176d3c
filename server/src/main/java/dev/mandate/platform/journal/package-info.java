/// An append-only journal in memory-mapped files: what must outlive the process but may not wait
/// for a disk.
///
/// Written bytes belong to the kernel at once, so they survive any end of the process; they survive
/// the end of the machine from the moment their segment is synced. Not here: what the records mean
/// (`domain/budget`).
@NullMarked
package dev.mandate.platform.journal;

import org.jspecify.annotations.NullMarked;

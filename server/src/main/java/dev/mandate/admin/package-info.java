/// The admin API under `/admin/v1`: what a tenant's administrators manage, as resources of one
/// shape. Errors are RFC 9457 problems, changes need `If-Match`, lists are pages.
///
/// A resource is a class `<Noun>sApi` with the stores that it needs and one method, `operations()`;
/// [MandatesApi] is the specimen. It declares:
///
/// - schemas, by [dev.mandate.admin.operation.Schema]: `answer(…)` for what goes out, `body(…)` for
///   what comes in (closed: unknown members are refused). A named schema is a component of the
///   OpenAPI document. The whole that can be changed is one body; the patch follows from it.
/// - [dev.mandate.admin.operation.Single]: the path ending in `/{noun_id}`, how it is found, how it
///   is written. Its answer has an `id`, which is what stands in the path; other things are named
///   `<noun>_id`. Members that can be changed have one name in the body and in the answer.
/// - operations, by the factories of [dev.mandate.admin.operation.Operation]: `list`, `read`,
///   `create`, `replace` (PUT), `patch`, `remove`, `act` (a verb). Each `.says(…)` one line; each
///   change is `.audited("noun.verbed")`; refusals beyond those of its kind are `.mayRefuse(…)`.
///
/// The framework does the rest for all alike: caller and scope, query and body against their
/// schemas (with defaults filled in), entity tags and preconditions, idempotency keys, pages, audit
/// events, problems, the document. A handler refuses with `problem.because(…)`, or with
/// `Problem.member(pointer, …)` where a member fits its schema but can't be. Secrets that are shown
/// once go into [dev.mandate.admin.operation.Made#shownOnce]; the entity tag is without them.
///
/// A change is stored by a verb of the store that compares under the row's lock: `boolean
/// replace(expected, replacement)`, false when what is stored differs by now.
///
/// Not here: pages (`console`), what the nouns mean (`domain`).
@NullMarked
package dev.mandate.admin;

import org.jspecify.annotations.NullMarked;

package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/// What an operation does; each kind decides method, status, headers and the problems that come
/// with it, so that no resource spells them.
public sealed interface Work {
  /// GET of many: `{"items": […], "next_cursor": …}`.
  record Listing(Schema item, Lister lister) implements Work {}

  /// GET of one, with its entity tag; `If-None-Match` is honoured.
  record Reading<T>(Single<T> single) implements Work {}

  /// POST to a collection: 201 with `Location`. Takes an `Idempotency-Key`.
  ///
  /// @param answer what reading it gives, with what is shown once
  record Creating(Schema body, Schema answer, Creator creator) implements Work {}

  /// PUT of the whole, or PATCH by RFC 7396. Needs `If-Match`.
  ///
  /// @param body of a PUT the whole; of a PATCH too: its members that the representation has are
  ///   the document to which the patch applies
  record Changing<T>(
      Single<T> single, Schema body, boolean merges, Changer<T> changer, Replacer<T> replacer)
      implements Work {}

  /// DELETE: 204. Needs `If-Match`.
  record Removing<T>(Single<T> single, Remover<T> remover) implements Work {}

  /// POST to a verb below one: 200 with the thing as it is then. Takes an `Idempotency-Key`;
  /// `If-Match` is honoured when it is sent.
  ///
  /// @param body null when the verb says all
  record Acting<T>(Single<T> single, @Nullable Schema body, Schema answer, Actor<T> actor)
      implements Work {}

  /// Reads a page; every filter is in [Call#query].
  @FunctionalInterface
  interface Lister {
    Page page(Call call, Page.Range range);
  }

  /// Makes one from a valid body.
  @FunctionalInterface
  interface Creator {
    Made create(Call call, ObjectNode body);
  }

  /// What `current` becomes by a valid body; only computes.
  @FunctionalInterface
  interface Changer<T> {
    T changed(Call call, T current, ObjectNode body);
  }

  /// Stores `replacement` if what is stored still equals `expected`, in one transaction.
  @FunctionalInterface
  interface Replacer<T> {
    boolean replace(T expected, T replacement);
  }

  /// Removes what still equals `expected`, in one transaction.
  @FunctionalInterface
  interface Remover<T> {
    boolean remove(Call call, T expected);
  }

  /// Does the verb.
  @FunctionalInterface
  interface Actor<T> {
    Made act(Call call, T current, ObjectNode body);
  }
}

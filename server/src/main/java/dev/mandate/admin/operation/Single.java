package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/// Something with an address of its own: where it is, how it is found, how it looks.
///
/// @param path below `/admin/v1`, ending in `/{…_id}`; the answer's `id` is what stands there
/// @param answer the schema of what [Writer] writes
/// @param <T> what the store gives; compared with `equals` when it is replaced
public record Single<T>(String path, Schema answer, Finder<T> finder, Writer<T> writer) {
  /// Finds what the call's path names.
  @FunctionalInterface
  public interface Finder<T> {
    @Nullable T find(Call call);
  }

  /// Writes it as clients see it. The entity tag is a hash of this, so it says nothing that changes
  /// by itself where a client is to send the tag back.
  @FunctionalInterface
  public interface Writer<T> {
    ObjectNode write(Call call, T one);
  }

  T read(Call call) {
    T found = finder.find(call);
    if (found == null) {
      throw Problem.NOT_FOUND.because("there is no such thing at this path");
    }
    return found;
  }

  ObjectNode json(Call call, T one) {
    return writer.write(call, one);
  }
}

package dev.mandate.platform.observe;

import java.util.function.BiConsumer;

/// What a log line carries beside its text. An argument of a log call that is one of these becomes
/// fields of the line.
public interface LogFields {
  /// @param to gets name and value, in the order of the line; values are texts and numbers
  void fields(BiConsumer<String, Object> to);
}

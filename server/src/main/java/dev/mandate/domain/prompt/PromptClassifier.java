package dev.mandate.domain.prompt;

import java.util.SortedSet;

/// Finds categories in texts. Blocking, and safe from any thread.
public interface PromptClassifier {
  /// The names of the categories that the text is of; none is an answer too.
  ///
  /// @throws Failed when it can't say, or has no time left
  SortedSet<String> classify(PromptText text) throws Failed;

  /// A classifier that is down. Its message has nothing of a text.
  final class Failed extends Exception {
    public Failed(String message) {
      super(message);
    }
  }
}

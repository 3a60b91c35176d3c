package dev.mandate.gateway.prompting;

import java.io.IOException;

/// Collects a [Prompt] from the top-level members of one body.
interface MemberReader {
  /// The parser stands on the member's name, and afterwards on the last token of its value.
  ///
  /// @throws dev.mandate.gateway.Refusal for a member that isn't allowed
  void member() throws IOException;

  /// @throws dev.mandate.gateway.Refusal when something needed is missing
  Prompt prompt();
}

package dev.mandate.domain.node;

import java.time.Duration;
import java.util.List;

/// The nodes of a database. Each shows once a second that it lives; silence is measured by the
/// database's own time. A database that only one process can have is not bothered with it: there
/// this node is shown from its start on, and never lost.
public interface NodeStore {
  /// This process.
  Node self();

  /// Every other node that has been silent for longer, stopped or not.
  List<Node> lost(Duration silence);
}

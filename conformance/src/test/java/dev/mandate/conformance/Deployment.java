package dev.mandate.conformance;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/// A running Mandate, of one process or of several, with its default tenant.
interface Deployment extends DemoTenant {
  /// Where it keeps things: of each node the data folder, and what the database writes.
  List<Path> folders();

  /// On the management listener of its first node.
  URI management(String path);

  /// Everything that its processes printed and logged.
  String log();
}

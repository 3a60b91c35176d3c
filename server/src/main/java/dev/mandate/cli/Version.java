package dev.mandate.cli;

import picocli.CommandLine;

/// The version in the jar's manifest.
public final class Version implements CommandLine.IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {"mandate " + (version == null ? "(unpackaged)" : version)};
  }
}

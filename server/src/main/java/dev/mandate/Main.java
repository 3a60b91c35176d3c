package dev.mandate;

import dev.mandate.cli.MandateCommand;

/// Starts the command line.
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(MandateCommand.run(args));
  }
}

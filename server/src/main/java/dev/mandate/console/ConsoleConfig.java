package dev.mandate.console;

/// Bounds of the person's own pages.
///
/// @param mandatesShown newest first
/// @param callsShown newest first
public record ConsoleConfig(int mandatesShown, int callsShown) {
  public static final ConsoleConfig STANDARD = new ConsoleConfig(200, 50);
}

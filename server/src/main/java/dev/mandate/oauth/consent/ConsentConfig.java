package dev.mandate.oauth.consent;

/// Bounds of what consent makes.
///
/// @param mandatesPerUserMax that are live at a time
public record ConsentConfig(int mandatesPerUserMax) {
  public static final ConsentConfig STANDARD = new ConsentConfig(500);
}

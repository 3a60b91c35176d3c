package dev.mandate.domain.apikey;

/// Where a key was found that should be nowhere.
public enum LeakPlace {
  GATEWAY_URL("gateway_url", "in the URL of a gateway call"),
  ADMIN_URL("admin_url", "in the URL of a request to the admin API"),
  INTROSPECTION_URL("introspection_url", "in the URL of an introspection request"),
  REPORT("report", "by somebody who reported it");

  private final String wire;
  private final String words;

  LeakPlace(String wire, String words) {
    this.wire = wire;
    this.words = words;
  }

  public String wire() {
    return wire;
  }

  /// For people, behind "was found".
  public String words() {
    return words;
  }

  public static LeakPlace ofWire(String wire) {
    for (LeakPlace place : values()) {
      if (place.wire.equals(wire)) {
        return place;
      }
    }
    throw new IllegalArgumentException("there is no place '" + wire + "' of a leak");
  }
}

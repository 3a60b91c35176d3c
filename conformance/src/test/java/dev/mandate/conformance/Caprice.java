package dev.mandate.conformance;

/// What goes wrong with a call of the soak, or nothing.
enum Caprice {
  NONE("tokens=20 chunks=3", false),
  /// The provider refuses: nothing is charged.
  REFUSED("status=500", false),
  BUSY("status=429", false),
  /// The provider says nothing of usage.
  NO_USAGE("tokens=20 chunks=3 no_usage", true),
  /// The provider closes the connection half-way.
  DROPPED("tokens=20 chunks=4 drop_after=2", true),
  /// The provider ends with an error event.
  BROKEN("tokens=20 chunks=4 error_midstream=2", true),
  /// The caller hangs up after the first bytes, or before there are any.
  HUNG_UP("tokens=40 chunks=8 delay=40 chunk_delay=20", true);

  private final String directive;

  /// Whether it may be booked at a bound: such calls go to models of their own, so that all others
  /// can be held against the provider's count to the token.
  final boolean estimates;

  Caprice(String directive, boolean estimates) {
    this.directive = directive;
    this.estimates = estimates;
  }

  String prompt() {
    return "[[sim " + directive + "]] go on";
  }
}

package dev.mandate.conformance;

import java.util.Objects;

/// The deployments for tests that don't disturb one another: each starts when it is first asked for
/// and ends with the JVM.
enum Shared {
  SQLITE,
  POSTGRES,
  TWO_NODES;

  /// The one that [On] names for the test.
  static Deployment of(Object test) {
    return Objects.requireNonNull(test.getClass().getAnnotation(On.class)).value().deployment();
  }

  Deployment deployment() {
    return switch (this) {
      case SQLITE -> DemoServer.shared();
      case POSTGRES -> DemoServer.sharedOnPostgres();
      case TWO_NODES -> TwoNodes.shared();
    };
  }
}

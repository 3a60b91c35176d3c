package dev.mandate.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/// The deployment that a class of tests shares with others; a subclass that says another one runs
/// the same tests there. Classes on one deployment follow one another, for some look at the newest
/// mandate or at what the simulated provider got last.
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@ResourceLock(providers = On.OneClassAtATime.class)
@interface On {
  Shared value();

  /// The deployment is the lock.
  final class OneClassAtATime implements ResourceLocksProvider {
    @Override
    public Set<Lock> provideForClass(Class<?> test) {
      On on = Objects.requireNonNull(test.getAnnotation(On.class));
      return Set.of(new Lock(on.value().name()));
    }
  }
}

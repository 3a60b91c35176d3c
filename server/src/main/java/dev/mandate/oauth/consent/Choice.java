package dev.mandate.oauth.consent;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What the person made of the offer.
sealed interface Choice {
  /// A narrower offer, or the same.
  ///
  /// @param lifetime of the mandate
  record Given(List<GivenPart> parts, Duration lifetime) implements Choice {
    public Given {
      parts = List.copyOf(parts);
    }
  }

  /// @param models at least one
  /// @param capabilities at least one
  record GivenPart(
      Offer.Part offered, Set<String> models, Set<Capability> capabilities, Limits limits) {}

  /// The form can't be taken as it is.
  ///
  /// @param byField the field's name, and what is wrong with it
  record Wrong(Map<String, String> byField) implements Choice {}
}

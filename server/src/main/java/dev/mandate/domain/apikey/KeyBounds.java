package dev.mandate.domain.apikey;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.budget.Tags;
import dev.mandate.platform.net.AddressRange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a key may do less than its mandate, and from where. Never changes: a key that should reach
/// further is another key.
///
/// @param access an entry an upstream, of which only models and capabilities count; empty for all
///   that the mandate gives
/// @param limits of all calls with the key together, whatever entry of the mandate pays
/// @param addresses it is taken from; empty for any
/// @param tags that all its calls have, as [Tags#parse] gives them; they bound nothing, and who has
///   the key can't set them otherwise
public record KeyBounds(
    List<LlmTerms> access, Limits limits, List<AddressRange> addresses, String tags) {
  public static final KeyBounds NONE = new KeyBounds(List.of(), Limits.NONE, List.of());

  /// Without tags.
  public KeyBounds(List<LlmTerms> access, Limits limits, List<AddressRange> addresses) {
    this(access, limits, addresses, Tags.NONE);
  }

  public KeyBounds {
    access = List.copyOf(access);
    addresses = List.copyOf(addresses);
  }

  /// Whether nothing of the mandate is held back.
  public boolean givesAll() {
    return access.isEmpty() && limits.equals(Limits.NONE);
  }

  /// @param address of the peer, as [dev.mandate.platform.http.PeerAddress] spells it
  public boolean admits(String address) {
    return addresses.isEmpty() || addresses.stream().anyMatch(range -> range.holds(address));
  }

  /// What is left of an access; null when nothing is. Its limits stay those of the mandate: the
  /// key's own are an account of their own.
  public @Nullable LlmAccess within(LlmAccess given) {
    if (access.isEmpty()) {
      return given;
    }
    for (LlmTerms terms : access) {
      if (terms.upstream().equals(given.upstream())) {
        return given.within(terms);
      }
    }
    return null;
  }
}

package dev.mandate.domain.prompt;

import dev.mandate.domain.tenant.TenantId;

/// What a tenant wants done with prompts.
///
/// @param classifies whether prompts are looked at
/// @param failsOpen whether a prompt passes that could not be classified; otherwise it is refused
/// @param allowsOther whether a prompt passes in which no category was found and none was declared
/// @param charactersMax of one prompt's texts that are looked at. A longer one can't be classified
///   whole: it is refused, or, where this fails open, its beginning and its end are looked at.
public record PromptPolicy(
    TenantId tenant,
    boolean classifies,
    boolean failsOpen,
    boolean allowsOther,
    int charactersMax) {
  public static final int CHARACTERS_LEAST = 1_000;
  public static final int CHARACTERS_MOST = 1_000_000;
  public static final int CHARACTERS_STANDARD = 100_000;

  public PromptPolicy {
    if (charactersMax < CHARACTERS_LEAST || charactersMax > CHARACTERS_MOST) {
      throw new IllegalArgumentException(
          "%d characters are to be looked at, expected %d to %d"
              .formatted(charactersMax, CHARACTERS_LEAST, CHARACTERS_MOST));
    }
  }

  /// Of a tenant that said nothing: off.
  public static PromptPolicy standard(TenantId tenant) {
    return new PromptPolicy(tenant, false, false, true, CHARACTERS_STANDARD);
  }
}

package dev.mandate.gateway.prompting;

import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.prompting.Multipart.Part;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The form that brings a file to OpenAI: one file, and what it is for.
final class KeptForm {
  /// What files may be for. The others begin something that costs later what nobody has bounded:
  /// `batch`, `fine-tune`, `evals`.
  private static final Set<String> PURPOSES = Set.of("assistants", "user_data", "vision");

  private static final Set<String> PASSED =
      Set.of("expires_after[anchor]", "expires_after[seconds]");

  private KeptForm() {}

  /// @throws Refusal for a part that isn't allowed, and a form without what it must have
  static void check(@Nullable String contentType, byte[] body) {
    Set<String> seen = new HashSet<>();
    for (Part part : Multipart.parts(contentType, body)) {
      if (!seen.add(part.name())) {
        throw BodyScanner.invalid("the part '" + part.name() + "' is there twice");
      }
      if (part.file() != part.name().equals("file")) {
        throw BodyScanner.invalid("the part 'file', and no other, must be a file");
      }
      switch (part.name()) {
        case "file" -> {}
        case "purpose" -> purpose(body, part);
        default -> {
          if (!PASSED.contains(part.name())) {
            throw BodyScanner.notAllowed(part.name());
          }
        }
      }
    }
    if (!seen.contains("file") || !seen.contains("purpose")) {
      throw BodyScanner.invalid("the form must have the parts 'file' and 'purpose'");
    }
  }

  private static void purpose(byte[] body, Part part) {
    String purpose = new String(body, part.from(), part.to() - part.from(), StandardCharsets.UTF_8);
    if (!PURPOSES.contains(purpose)) {
      throw Refusal.of(
          Refusal.Code.PARAMETER_NOT_ALLOWED,
          "'purpose' may only be one of " + PURPOSES.stream().sorted().toList());
    }
  }
}

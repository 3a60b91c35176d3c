package dev.mandate.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;

/// A tenant of a demo, as its part of demo.json describes it.
interface DemoTenant {
  JsonNode file();

  default String issuer() {
    return text("/issuer");
  }

  default URI uri(String path) {
    return URI.create(issuer() + path);
  }

  /// A value of this tenant's part of demo.json by JSON pointer.
  default String text(String pointer) {
    JsonNode node = file().at(pointer);
    if (!node.isTextual()) {
      throw new IllegalStateException("demo.json has no text at " + pointer);
    }
    return node.asText();
  }
}

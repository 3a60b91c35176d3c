package dev.mandate.domain.apikey;

/// Names an API key in pages, the API and the audit log.
public record ApiKeyId(String value) {
  @Override
  public String toString() {
    return value;
  }
}

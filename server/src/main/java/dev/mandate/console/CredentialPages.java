package dev.mandate.console;

/// `/admin/credentials`: an upstream's credentials.
final class CredentialPages {
  static final String PATH = "/admin/credentials";

  private CredentialPages() {}
}

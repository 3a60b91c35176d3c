package dev.mandate.gateway.prompting;

import dev.mandate.domain.providerstate.ObjectKind;

/// A place in a body that names something which the provider keeps.
public record Reference(ObjectKind kind, String id) {}

package dev.mandate.admin.operation;

/// A query parameter of an operation.
public record Parameter(String name, Schema schema, String description) {}

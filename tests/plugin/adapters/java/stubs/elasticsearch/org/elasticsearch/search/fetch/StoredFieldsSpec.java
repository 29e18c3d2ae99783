package org.elasticsearch.search.fetch;

import java.util.Set;

/** A stub: see the README of the stubs. */
public record StoredFieldsSpec(
    boolean requiresSource, boolean requiresMetadata, Set<String> requiredStoredFields) {
  public static final StoredFieldsSpec NO_REQUIREMENTS =
      new StoredFieldsSpec(false, false, Set.of());
}

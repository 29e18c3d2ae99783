package org.elasticsearch.search;

import java.util.HashMap;
import java.util.Map;
import org.elasticsearch.common.document.DocumentField;

/** A stub: see the README of the stubs. */
public final class SearchHit {
  private final Map<String, DocumentField> fields = new HashMap<>();

  public void setDocumentField(String name, DocumentField field) {
    fields.put(name, field);
  }

  public DocumentField field(String name) {
    return fields.get(name);
  }
}

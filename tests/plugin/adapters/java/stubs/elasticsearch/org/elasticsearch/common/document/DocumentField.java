package org.elasticsearch.common.document;

import java.util.List;

/** A stub: see the README of the stubs. */
public class DocumentField {
  private final String name;
  private final List<Object> values;

  public DocumentField(String name, List<Object> values) {
    this.name = name;
    this.values = values;
  }

  public String getName() {
    return name;
  }

  public List<Object> getValues() {
    return values;
  }
}

package org.apache.solr.common;

import java.util.LinkedHashMap;
import java.util.Map;

/** A stub: see the README of the stubs. */
public class SolrDocument {
  private final Map<String, Object> fields = new LinkedHashMap<>();

  public void setField(String name, Object value) {
    fields.put(name, value);
  }

  public Object getFieldValue(String name) {
    return fields.get(name);
  }
}

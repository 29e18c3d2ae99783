package org.apache.solr.common.util;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.solr.common.params.SolrParams;

/** A stub: see the README of the stubs. */
public class NamedList<T> {
  private final Map<String, T> values = new LinkedHashMap<>();

  public void add(String name, T value) {
    values.put(name, value);
  }

  public SolrParams toSolrParams() {
    return new SolrParams() {
      @Override
      public String get(String name) {
        return values.get(name) == null ? null : values.get(name).toString();
      }
    };
  }
}

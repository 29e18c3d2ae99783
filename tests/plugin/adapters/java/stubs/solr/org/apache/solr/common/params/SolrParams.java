package org.apache.solr.common.params;

/** A stub: see the README of the stubs. */
public abstract class SolrParams {
  public abstract String get(String name);

  public RequiredSolrParams required() {
    return new RequiredSolrParams(this);
  }

  public Integer getInt(String name) {
    return get(name) == null ? null : Integer.valueOf(get(name));
  }

  public int getInt(String name, int usual) {
    return get(name) == null ? usual : Integer.parseInt(get(name));
  }

  public Long getLong(String name) {
    return get(name) == null ? null : Long.valueOf(get(name));
  }

  public long getLong(String name, long usual) {
    return get(name) == null ? usual : Long.parseLong(get(name));
  }
}

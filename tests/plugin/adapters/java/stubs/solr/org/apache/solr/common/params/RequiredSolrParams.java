package org.apache.solr.common.params;

/** A stub: see the README of the stubs. */
public class RequiredSolrParams extends SolrParams {
  private final SolrParams params;

  public RequiredSolrParams(SolrParams params) {
    this.params = params;
  }

  @Override
  public String get(String name) {
    if (params.get(name) == null) throw new IllegalArgumentException("missing: " + name);
    return params.get(name);
  }
}

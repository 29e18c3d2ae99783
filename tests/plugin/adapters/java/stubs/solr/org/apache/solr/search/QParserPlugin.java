package org.apache.solr.search;

import org.apache.solr.common.params.SolrParams;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.request.SolrQueryRequest;

/** A stub: see the README of the stubs. */
public abstract class QParserPlugin {
  public void init(NamedList<?> args) {}

  public abstract QParser createParser(
      String qstr, SolrParams localParams, SolrParams params, SolrQueryRequest req);
}

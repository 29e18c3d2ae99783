package org.apache.solr.response;

import org.apache.solr.search.SolrIndexSearcher;

/** A stub: see the README of the stubs. */
public abstract class ResultContext {
  public abstract SolrIndexSearcher getSearcher();
}

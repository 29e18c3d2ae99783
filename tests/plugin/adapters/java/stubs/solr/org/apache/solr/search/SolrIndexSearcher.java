package org.apache.solr.search;

import org.apache.lucene.index.IndexReader;
import org.apache.lucene.search.IndexSearcher;

/** A stub: see the README of the stubs. */
public class SolrIndexSearcher extends IndexSearcher {
  /** Of the stub alone. */
  public SolrIndexSearcher(IndexReader reader) {
    super(reader);
  }
}

package org.elasticsearch.search.internal;

import org.apache.lucene.index.IndexReader;
import org.apache.lucene.search.IndexSearcher;

/** A stub: see the README of the stubs. */
public class ContextIndexSearcher extends IndexSearcher {
  /** Of the stub alone. */
  public ContextIndexSearcher(IndexReader reader) {
    super(reader);
  }
}
